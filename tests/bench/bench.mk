# make bench: ratios against the tools that users have, all in one run.
#
# Each bench_NAME.py prints medians and ratios beside their targets, and ends
# with 1 when one is missed. Run it on a machine that does nothing else.

BENCHES := $(sort $(wildcard tests/bench/bench_*.py))

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

.PRECIOUS: $(BUILD)/tests/bench/%.o
-include $(BUILD)/tests/bench/bench_prune.d $(BUILD)/tests/bench/bench_maillog.d \
	$(BUILD)/tests/bench/bench_survey.d $(BUILD)/tests/bench/bench_dns.d \
	$(BUILD)/tests/bench/bench_domain.d

.PHONY: bench
bench: $(PROGRAM) $(BUILD)/tests/bench/bench_prune $(BUILD)/tests/bench/bench_run \
	$(BUILD)/tests/bench/bench_maillog $(BUILD)/tests/bench/bench_survey \
	$(BUILD)/tests/bench/bench_dns $(BUILD)/tests/bench/bench_domain
	@packaging/packages tests/bench/bench-packages
	@for bench in $(BENCHES); do \
	    $$bench $(PROGRAM) $(BUILD)/tests/bench/bench_prune || bad=1; \
	done; test -z "$$bad"

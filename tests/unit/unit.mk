# Unit tests: one cmocka program a module, linked with all of mailfix but main.
# A test that does not compile counts as failed and does not stop the others.

UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS   := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/unit/%)
UNIT_WATCH   := $(BUILD)/tests/unit/descriptors.o

$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(UNIT_WATCH) $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(UNIT_WATCH) $(LIBRARY) -lcmocka $(LIBS)

.PRECIOUS: $(BUILD)/tests/unit/%.o
-include $(UNIT_TESTS:=.d) $(UNIT_WATCH:.o=.d)

.PHONY: unit-tests check-unit
unit-tests: $(UNIT_TESTS)

check-unit:
	@$(MAKE) --no-print-directory -k BUILD=$(BUILD) unit-tests || true
	@tests/unit/run $(UNIT_TESTS)

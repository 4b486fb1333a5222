# Fuzzers: tests/fuzz/fuzz_NAME.c with its corpus in tests/fuzz/corpus/NAME.
#
#   make check-fuzz   each corpus as a plain test, with whatever compiler
#   make fuzz         search, FUZZ_S seconds each (clang, libFuzzer); finds go
#                     to build/fuzz/found: a crash joins the corpus in its fix

FUZZ_SOURCES  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BUILD)/tests/fuzz/%)
FUZZ_ENGINE   ?= $(BUILD)/tests/fuzz/replay_main.o
FUZZ_SANITIZE  = address,undefined
FUZZ_S        ?= 60

$(FUZZ_PROGRAMS): %: %.o $(filter %.o,$(FUZZ_ENGINE)) $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(FUZZ_ENGINE) $(LIBRARY) $(LIBS)

.PRECIOUS: $(BUILD)/tests/fuzz/%.o
-include $(FUZZ_PROGRAMS:=.d) $(BUILD)/tests/fuzz/replay_main.d

.PHONY: fuzz fuzz-programs check-fuzz
fuzz-programs: $(FUZZ_PROGRAMS)

check-fuzz:
	@$(MAKE) --no-print-directory -k BUILD=$(BUILD) fuzz-programs || true
	@tests/fuzz/run replay $(FUZZ_PROGRAMS)

fuzz:
	$(MAKE) BUILD=build/fuzz CC=clang WARN= \
	    OPT='-O1 -g -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE)' \
	    LDOPT='-fsanitize=fuzzer,$(FUZZ_SANITIZE)' FUZZ_ENGINE= fuzz-programs
	@tests/fuzz/run search $(FUZZ_SOURCES:tests/fuzz/%.c=build/fuzz/tests/fuzz/%)

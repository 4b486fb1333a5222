# make check: everything that can be tested here.
#
# Each kind of test is a target check-KIND whose closing line is
# "KIND: N passed, N failed, N skipped". tests/check runs them in two lanes
# (the host tests mostly wait, the others mostly compute) and adds them up.
# With CI=true warnings are errors and a skipped test is a failure.

CHECKS_HOST  = host
CHECKS_PLAIN = lint unit scenario fuzz fault nft

.PHONY: check check-packages
check:
	@tests/check "$(MAKE)" "$(BUILD)" "$(CHECKS_HOST)" "$(CHECKS_PLAIN)"

# What the tests need, besides what the build needs: tests/*/packages
check-packages:
	@packaging/packages packaging/build-packages tests/*/packages

.PHONY: asan cov
ASAN_OPTIONS  = strict_string_checks=1:detect_stack_use_after_return=1
UBSAN_OPTIONS = print_stacktrace=1:halt_on_error=1
ASAN_FLAGS    = -fsanitize=address,undefined -fno-sanitize-recover=all

asan:
	ASAN_OPTIONS=$(ASAN_OPTIONS) UBSAN_OPTIONS=$(UBSAN_OPTIONS) \
	$(MAKE) BUILD=build/asan OPT='-O1 -g -fno-omit-frame-pointer $(ASAN_FLAGS)' \
	    LDOPT='$(ASAN_FLAGS)' all check-unit check-scenario check-fuzz

cov:
	$(MAKE) BUILD=build/cov OPT='-O0 -g --coverage' LDOPT=--coverage \
	    check-unit check-scenario check-fuzz
	@tests/cov build/cov

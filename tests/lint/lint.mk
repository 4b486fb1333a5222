# Lint: each tests/lint/check-* prints what is wrong and nothing when all is
# well.

.PHONY: lint check-lint
lint: check-lint
check-lint: all manual
	@BUILD=$(BUILD) CFLAGS_LINT="$(CSTD) $(CPPFLAGS)" tests/lint/run

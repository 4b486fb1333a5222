# mailfix - build, try, check, install
#
#   make try      as root on Debian or Ubuntu: install what the build needs,
#                 build, and look at this very machine without changing it
#   make check    install what the tests need, build, run every test
#   make demo     boot a sick mail host and cure it, narrated
#   make all|install|bench|lint|asan|cov|fuzz|deb|clean
#
# Build folders are apart from the sources and from each other:
# build/release, build/asan, build/cov. CI=true makes warnings errors.

BUILD  ?= build/release
PREFIX ?= /usr
DESTDIR ?=
VERSION := $(shell awk -F'[()]' 'NR == 1 { print $$2 }' packaging/deb/changelog 2>/dev/null || echo 0)

CC     ?= gcc
CSTD    = -std=c17 -D_GNU_SOURCE
WARN    = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wformat-signedness -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wswitch-enum -Wconversion -Wnull-dereference -Wimplicit-fallthrough=5 \
	-Wduplicated-cond -Wduplicated-branches -Wlogical-op
HARDEN  = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE
OPT     = -O2 -g $(HARDEN)
LDOPT   = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifeq ($(CI),true)
WERROR  = -Werror
endif
PKGS    = libsystemd INIReader jansson libpcre2-8 libseccomp nettle libcap ldns libcrypto libmnl libnftnl zlib
LIBS    = -lsystemd -linih -ljansson -lpcre2-8 -lseccomp -lnettle -lcap -lnftnl -lmnl -lz -lm -pthread
ALL_CFLAGS  = $(CSTD) $(WARN) $(WERROR) $(OPT) -I. -I$(BUILD) -MMD -MP \
	-DMAILFIX_VERSION='"$(VERSION)"' $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LDOPT) $(LDFLAGS)

SOURCES := $(sort $(wildcard agent/*/*.c actions/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN    := $(BUILD)/agent/main/main.o
PARTS   := $(filter-out $(MAIN),$(OBJECTS))
LIBRARY := $(BUILD)/libmailfix.a
PROGRAM := $(BUILD)/mailfix

.PHONY: all
all: $(PROGRAM)

.PHONY: help
help:
	@sed -n '/^#   make/,/^#$$/s/^# *//p' Makefile

# make V=1 shows the commands as they are
ifeq ($(V),1)
SAY = @:
else
Q   = @
SAY = @echo " "
endif

$(PROGRAM): $(MAIN) $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(MAIN) $(LIBRARY) $(LIBS)

$(LIBRARY): $(PARTS)
	$(SAY) AR $@
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# What is done for each of millions of lines: some 8 % less time.
$(filter $(addprefix $(BUILD)/agent/,mta/postfix_log%.o sys/log_%.o probes/log_%.o),$(OBJECTS)): \
	MORE = $(if $(findstring -O2,$(OPT) $(CFLAGS)),-O3)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) $(MORE) -c -o $@ $<

-include $(OBJECTS:.o=.d)

# One make fragment a kind of test, and one for the packages.
include $(sort $(wildcard tests/*.mk tests/*/*.mk packaging/*.mk))

.PHONY: clean
clean:
	rm -rf build

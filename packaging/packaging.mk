# Install, the manual and what else is made from the tables, the .deb, try.

UNITDIR     ?= /usr/lib/systemd/system
SYSUSERSDIR ?= /usr/lib/sysusers.d
SYSCONFDIR  ?= /etc
GENERATE    := $(BUILD)/packaging/man/generate
MANUAL      := $(BUILD)/mailfix.8
CONFIG_FILE := $(BUILD)/mailfix.conf
COMPLETION  := $(BUILD)/mailfix.bash
# Data that playbooks rest on: no playbooks.
CATALOGUES  := playbooks/replies.ini playbooks/blocklists.ini

$(GENERATE): $(BUILD)/packaging/man/generate.o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

-include $(BUILD)/packaging/man/generate.d

$(MANUAL): packaging/man/mailfix.8.in $(GENERATE)
	$(Q)$(GENERATE) manual <$< >$@.new && mv $@.new $@

$(CONFIG_FILE): $(GENERATE)
	$(Q)$(GENERATE) config </dev/null >$@.new && mv $@.new $@

$(COMPLETION): packaging/mailfix.bash.in $(GENERATE)
	$(Q)$(GENERATE) completion <$< >$@.new && mv $@.new $@

.PHONY: manual install deb try demo
manual: $(MANUAL) $(CONFIG_FILE) $(COMPLETION)

install: all manual
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/mailfix/playbooks \
	    $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSUSERSDIR) \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(SYSCONFDIR)/mailfix/mailfix.conf.d $(DESTDIR)$(SYSCONFDIR)/mailfix/playbooks \
	    $(DESTDIR)$(SYSCONFDIR)/mailfix/replies.d $(DESTDIR)$(SYSCONFDIR)/mailfix/blocklists.d
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/sbin/mailfix
	install -m 644 $(filter-out $(CATALOGUES),$(wildcard playbooks/*.ini)) \
	    $(DESTDIR)$(PREFIX)/share/mailfix/playbooks/
	install -m 644 $(CATALOGUES) $(DESTDIR)$(PREFIX)/share/mailfix/
	install -m 644 $(MANUAL) $(DESTDIR)$(PREFIX)/share/man/man8/mailfix.8
	install -m 644 $(COMPLETION) $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mailfix
	install -m 644 packaging/systemd/mailfix.service packaging/systemd/mailfix.timer $(DESTDIR)$(UNITDIR)/
	install -m 644 packaging/systemd/mailfix.sysusers $(DESTDIR)$(SYSUSERSDIR)/mailfix.conf
	install -m 644 $(CONFIG_FILE) $(DESTDIR)$(SYSCONFDIR)/mailfix/mailfix.conf

# The package is made from a copy of the tree, so that the checkout stays
# clean: build/deb/mailfix_VERSION_ARCH.deb
deb:
	@packaging/packages packaging/build-packages packaging/deb-packages
	@packaging/make-deb $(VERSION)

# The playbooks as they would be installed. Root's mailfix takes orders only
# from files that nobody else may write, and a checkout is often somebody's own
# or made with umask 002.
.PHONY: staged-playbooks
staged-playbooks:
	@rm -rf $(BUILD)/playbooks
	@install -d -m 755 $(BUILD)/playbooks
	@install -m 644 playbooks/*.ini $(BUILD)/playbooks/

# Look at this very machine: nothing is changed. 1 and 2 say what was found.
try:
	@packaging/packages packaging/build-packages
	@$(MAKE) --no-print-directory -j2 all staged-playbooks
	@echo
	@$(PROGRAM) --dry-run --playbooks $(BUILD)/playbooks; status=$$?; \
	    if [ $$status -gt 2 ]; then exit $$status; fi

demo:
	@test -x tests/host/demo || { echo "there is no demo in this tree" >&2; exit 1; }
	@packaging/packages tests/host/packages
	@$(MAKE) --no-print-directory deb
	@tests/host/demo

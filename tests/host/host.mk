# Host tests: the package, installed on real mail hosts; see tests/host/run.

# What test_conf_changes.py runs on its hosts.
DRIVE_CHANGE := $(BUILD)/tests/host/drive_change

.PHONY: check-host
check-host: deb $(DRIVE_CHANGE)
	@tests/host/run --deb "$$(ls -t build/deb/mailfix_*.deb | head -n 1)"

$(DRIVE_CHANGE): $(DRIVE_CHANGE).o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

.PRECIOUS: $(DRIVE_CHANGE).o
-include $(DRIVE_CHANGE).d

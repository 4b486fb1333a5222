# Fault sweeps: a fix is killed, or a system call of it fails, at every instant
# (fault-full), or at some of every kind (check-fault).

FAULT_PROGRAM := $(BUILD)/tests/fault/apply_fault

$(FAULT_PROGRAM): $(FAULT_PROGRAM).o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

.PRECIOUS: $(FAULT_PROGRAM).o
-include $(FAULT_PROGRAM).d

.PHONY: check-fault fault-full
check-fault: $(FAULT_PROGRAM)
	@tests/fault/sweep $(FAULT_PROGRAM)

fault-full: $(FAULT_PROGRAM)
	@tests/fault/sweep $(FAULT_PROGRAM) --full

# Fault sweeps: a fix is killed, or a system call of it fails, at every instant
# (fault-full), or at some of every kind (check-fault).

FAULT_PROGRAMS := $(addprefix $(BUILD)/tests/fault/,apply_fault steps_fault conf_fault nft_fault)

$(FAULT_PROGRAMS): %: %.o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

.PRECIOUS: $(FAULT_PROGRAMS:=.o)
-include $(FAULT_PROGRAMS:=.d)

.PHONY: check-fault fault-full
check-fault: $(FAULT_PROGRAMS)
	@tests/fault/sweep $(FAULT_PROGRAMS)

fault-full: $(FAULT_PROGRAMS)
	@tests/fault/sweep $(FAULT_PROGRAMS) --full

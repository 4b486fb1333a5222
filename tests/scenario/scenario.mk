# Scenario tests: every shipped playbook on hosts made of text; see scenario.h.

SCENARIO_SOURCES := $(sort $(wildcard tests/scenario/*.c))
SCENARIO_OBJECTS := $(SCENARIO_SOURCES:%.c=$(BUILD)/%.o)
SCENARIO_RUN     := $(BUILD)/tests/scenario/run

$(SCENARIO_RUN): $(SCENARIO_OBJECTS) $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(SCENARIO_OBJECTS) $(LIBRARY) $(LIBS)

-include $(SCENARIO_OBJECTS:.o=.d)

.PHONY: check-scenario
check-scenario: $(SCENARIO_RUN) staged-playbooks
	@$(SCENARIO_RUN) $(BUILD)/playbooks tests/scenario

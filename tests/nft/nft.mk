# The evaluator against the kernel: random rule sets, real connections.
#
#   make check-nft              a fixed number of rule sets from a fixed seed,
#                               and those of tests/nft/corpus
#   make fuzz-nft SECONDS=600   for as long as told, from SEED or the clock

NFT_ASK     := $(BUILD)/tests/nft/ask
NFT_SEED    := 1
NFT_SEEDS   := 500
NFT_PROBES  := 20
NFT_SECONDS  = $(or $(filter-out 0,$(SECONDS)),600)

$(NFT_ASK): $(NFT_ASK).o $(LIBRARY)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBRARY) $(LIBS)

.PRECIOUS: $(NFT_ASK).o
-include $(NFT_ASK).d

.PHONY: check-nft fuzz-nft
check-nft: $(NFT_ASK)
	@tests/nft/run check --ask $(NFT_ASK) --seed $(NFT_SEED) \
	    --seeds $(NFT_SEEDS) --probes $(NFT_PROBES)

fuzz-nft: $(NFT_ASK)
	@tests/nft/run fuzz --ask $(NFT_ASK) --seconds $(NFT_SECONDS) \
	    $(if $(SEED),--seed $(SEED)) --probes $(NFT_PROBES)

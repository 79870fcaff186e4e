# epigeon-conform, the conformance suite for other people's servers and clients; the Makefile at the top
# includes this. Its frame splitter and parser are the oracle's: it shares no code with src/.

runner_c := $(wildcard conformance/runner/*.c)
runner_oracle_c := $(addprefix conformance/oracle/,scan.c frame.c frame_actions.c frame_split.c match.c)

$(out)/epigeon-conform: $(call object,$(runner_c) $(runner_oracle_c))
	$(CC) $(ldflags) -o $@ $^ -ljansson

# The adapter by which the reference client is tested.
$(out)/adapter-epigeon: $(call object,conformance/peers/adapter-epigeon.c) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries)

$(out)/conformance/runner/%.o: all_cflags += -DCONFORM_VERSION='"$(version)"'

-include $(patsubst %.c,$(out)/%.d,$(runner_c) conformance/peers/adapter-epigeon.c)

.PHONY: conform check-runner check-conform conform-long
conform: ## installs what is missing, builds epigeon-conform, which tests servers and clients
	@.ci/need build
	@$(MAKE) --no-print-directory -s -j2 $(out)/epigeon-conform

check-runner: $(out)/epigeon-conform $(out)/epigeond $(out)/adapter-epigeon ## the tests of the suite itself
	@EPIGEON_CONFORM=$(out)/epigeon-conform EPIGEOND=$(out)/epigeond ADAPTER=$(out)/adapter-epigeon \
		sh conformance/runner/check.sh

check-conform: $(out)/epigeon-conform $(out)/epigeond $(out)/adapter-epigeon ## our own server and client against the suite
	@EPIGEON_CONFORM=$(out)/epigeon-conform EPIGEOND=$(out)/epigeond ADAPTER=$(out)/adapter-epigeon \
		sh conformance/runner/own.sh

# LONG=again, slowly or valgrind: a part of it.
conform-long: $(out)/epigeon-conform $(out)/epigeond $(out)/adapter-epigeon ## our own against the suite 20 times, slowed down tenfold, under Valgrind
	@EPIGEON_CONFORM=$(out)/epigeon-conform EPIGEOND=$(out)/epigeond ADAPTER=$(out)/adapter-epigeon \
		sh conformance/runner/long.sh $(LONG)

# The suite's own score: every deliberate fault against epigeon-conform, and against the simulator what that one
# cannot see; the Makefile at the top includes this.
#   mutation        all of them (or MUTANTS='NAME…'), and SCORE.md anew; about an hour, goes on where it was
#   check-mutation  a sample, and whether SCORE.md lists the faults that there are
# Nothing of them is in what `make` builds: they lie in build/mutation. See README.md.

mutation_server_o := $(call object,$(server_c) $(library_c))
mutation_client_o := $(call object,conformance/peers/adapter-epigeon.c $(library_c))
mutation_libraries := $(libraries) -ljansson -lmicrohttpd
mutation_run = CC='$(CC)' MUTANT_CFLAGS='$(all_cflags) -O1' MUTANT_LDFLAGS='$(ldflags) $(sim_wraps) -ljansson' \
	MUTANT_OBJECTS='$(mutant_o)' MUTANT_OUT='$(out)' MUTATION_LIBS='$(ldflags) $(mutation_libraries)' \
	MUTATION_SERVER='$(mutation_server_o)' MUTATION_CLIENT='$(mutation_client_o)' \
	sh conformance/mutants/mutation.sh

# The right programs, which say what cells of their machines they reach.
mutation_reached_o := $(call object,conformance/mutants/reached.c)
mutation_reached := $(out)/reached/epigeond $(out)/reached/adapter-epigeon

$(out)/reached/epigeond: $(mutation_server_o) $(mutation_reached_o)
	@mkdir -p $(@D)
	$(CC) $(ldflags) -Wl,--wrap=ep_machine_step -o $@ $^ $(mutation_libraries)

$(out)/reached/adapter-epigeon: $(mutation_client_o) $(mutation_reached_o)
	@mkdir -p $(@D)
	$(CC) $(ldflags) -Wl,--wrap=ep_machine_step -o $@ $^ $(mutation_libraries)

-include $(mutation_reached_o:.o=.d)

.PHONY: mutation check-mutation
mutation: $(out)/epigeon-conform $(out)/epigeon-sim $(mutation_reached) ## the suite's own score: each deliberate fault against it (conformance/SCORE.md)
	@$(mutation_run) $(if $(MUTANTS),,--table) $(MUTANTS)

check-mutation: $(out)/epigeon-conform $(out)/epigeon-sim $(mutation_client_o) $(mutation_server_o) ## a sample of the same, and whether SCORE.md is about the faults that there are
	@$(mutation_run) --sample

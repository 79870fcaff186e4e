# Deliberate faults in the cores, and whether the judge notices them; the Makefile at the top includes this.
#   mutants        all of them (or MUTANTS='NAME…'), with many schedules each; the table of README.md anew
#   check-mutants  the same, with fewer
# Nothing of them is in what `make` builds: each lies in build/mutants/NAME. See README.md.

MUTANTS ?=
mutant_o = $(call object,$(sim_c)) $(filter-out %/base/panic.o,$(sim_core)) $(sim_judge)
mutant_run = CC='$(CC)' MUTANT_CFLAGS='$(all_cflags) -O1' MUTANT_LDFLAGS='$(ldflags) $(sim_wraps) -ljansson' \
	MUTANT_OBJECTS='$(mutant_o)' MUTANT_OUT='$(out)' sh conformance/mutants/run.sh

.PHONY: mutants check-mutants

mutants: $(out)/epigeon-sim ## does the judge notice each deliberate fault? (and the table of them)
	@MUTANT_SEEDS=20000 MUTANT_SECONDS=60 $(mutant_run) $(if $(MUTANTS),,--table) $(MUTANTS)

check-mutants: $(out)/epigeon-sim ## the same, with less time for each
	@$(mutant_run) $(MUTANTS)

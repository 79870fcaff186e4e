# epigeon-sim, the cores of src/ in virtual time, judged; the Makefile at the top includes this.

sim_c := $(filter-out conformance/sim/test%,$(wildcard conformance/sim/*.c))
sim_judge ?= $(out)/libjudge.a
# Coverage has no hooks in the cores: the linker puts coverage_wrap.c between them and some functions.
sim_wrapped := $(shell grep -oh '__wrap_ep_[a-z_]*' conformance/sim/coverage*.c | sort -u)
sim_wraps := $(sim_wrapped:__wrap_%=-Wl$(comma)--wrap=%)
# The cores as objects of their own: another set of them, with something broken, can be put here.
sim_core ?= $(call object,$(core_c))

$(out)/libjudge.a: $(oracle_judge_o)
	@rm -f $@
	$(AR) rcs $@ $^

# The simulator brings its own ep_panic, which names the seed.
$(out)/epigeon-sim: $(call object,$(sim_c)) $(sim_core) $(sim_judge)
	$(CC) $(ldflags) $(sim_wraps) -o $@ $(filter-out %/base/panic.o,$^) -ljansson

-include $(patsubst %.c,$(out)/%.d,$(sim_c))

# The same program from the other compiler, to compare runs.
sim_other_cc := $(if $(findstring clang,$(CC)),gcc,clang)
sim_other := build/other/epigeon-sim

.PHONY: sim check-sim check-sim-asan soak
ifneq ($(WAY),other)
.PHONY: $(sim_other)
$(sim_other):
	@$(MAKE) --no-print-directory -s WAY=other CC=$(sim_other_cc) CFLAGS='-O1 -g' $@
endif

sim: $(out)/epigeon-sim ## builds epigeon-sim, which runs the cores in virtual time with faults

check-sim: $(out)/epigeon-sim $(sim_other) $(out)/epigeon-oracle ## the tests of the simulator
	@EPIGEON_SIM=$(out)/epigeon-sim OTHER_SIM=$(sim_other) EPIGEON_ORACLE=$(out)/epigeon-oracle \
		sh conformance/sim/check.sh

check-sim-asan: ## the same runs with the address and undefined behaviour sanitizers, each piece of memory freed
	@$(MAKE) --no-print-directory WAY=asan CC=clang build/asan/epigeon-sim
	build/asan/epigeon-sim --malloc --seeds 1..2000 --no-shrink

SOAK_FROM ?= $(shell date +%s)000000
SOAK_JOBS ?= 2
soak: $(out)/epigeon-sim ## runs new seeds until one fails (SOAK_FROM=N to begin there, SOAK_JOBS=N)
	$(out)/epigeon-sim --seeds $(SOAK_FROM)..18446744073709551615 --jobs $(SOAK_JOBS)

# Fuzzing; the Makefile at the top includes this. See fuzz/README.md.
#   fuzz           each harness for SECONDS (60) under AFL++, or libFuzzer where that is missing; 1 on a crash;
#                  JOBS (1) at a time, each not beyond UNTIL executions in the ledger (0: no matter how many)
#   fuzz-smoke     the corpora and a few seconds of libFuzzer; part of `make check`
#   fuzz-proof     each harness finds a fault planted for it
#   fuzz-coverage  what the corpora reach of src/, with the bounds that must hold
#   fuzz-minimise  fuzz/corpus from what the runs found, as small as it can be
# A target is a file fuzz/NAME.c with `/* Harness:` in its first line. WAY=fuzz is for libFuzzer, WAY=afl for
# AFL++, both with sanitizers; WAY=fast for libFuzzer at full speed, WAY=edges for libFuzzer without optimization, where each
# branch is an edge; WAY=cover counts what runs, WAY=asan and WAY=plain replay inputs (fuzz/main.c).

fuzz_targets := $(patsubst fuzz/%.c,%,$(shell grep -l '^/\* Harness:' fuzz/*.c))
fuzz_support_c := $(filter-out fuzz/main.c fuzz/seeds.c $(fuzz_targets:%=fuzz/%.c),$(wildcard fuzz/*.c))
fuzz_sanitize := address$(comma)undefined
flags_fuzz := -O1 -g -fsanitize=fuzzer-no-link$(comma)$(fuzz_sanitize) -fno-sanitize-recover=all -fno-omit-frame-pointer
flags_fast := -O2 -g -fno-unroll-loops -fno-vectorize -fno-slp-vectorize
flags_edges := -O0 -g
flags_afl := -O2 -g -fsanitize=$(fuzz_sanitize) -fno-sanitize-recover=all
flags_cover := -O1 -g -fprofile-instr-generate -fcoverage-mapping -iquote fuzz/cover -Wno-unused -Wno-unused-parameter
fuzz_ldflags_fuzz := -fsanitize=fuzzer$(comma)$(fuzz_sanitize)
fuzz_ldflags_fast := -fsanitize=fuzzer
fuzz_ldflags_edges := -fsanitize=fuzzer
fuzz_ldflags_afl := -fsanitize=fuzzer$(comma)$(fuzz_sanitize)
fuzz_ldflags_cover := -fprofile-instr-generate
# A file of settings is given from memory: settings.c.
fuzz_wrap := -Wl,--wrap=fopen
# With libFuzzer and AFL++ the main function is theirs.
fuzz_main_c := $(if $(filter fuzz fast edges afl,$(WAY)),,fuzz/main.c)
fuzz_o := $(call object,$(fuzz_support_c) $(fuzz_main_c))
# No sockets: the cores, the stores, and the options of the programs.
fuzz_library := $(out)/libfuzz.a
fuzz_library_c := $(core_c) $(wildcard src/store/*.c) src/cmd/options.c src/cmd/epigeond_options.c
fuzz_programs := $(fuzz_targets:%=$(out)/fuzz-%)

$(out)/fuzz/%.o: all_cflags += -Iconformance
# Only edges of the code under test are counted, and comparisons are not looked at: that takes more time than the code.
ifneq ($(filter fast edges,$(WAY)),)
$(out)/src/%.o $(out)/gen/%.o $(out)/conformance/%.o: all_cflags += -fsanitize-coverage=inline-8bit-counters$(comma)pc-table
endif

$(fuzz_programs): $(out)/fuzz-%: $(out)/fuzz/%.o $(fuzz_o) $(fuzz_library)
	$(CC) $(ldflags) $(fuzz_wrap) $(fuzz_ldflags_$(WAY)) -o $@ $^ -llmdb -ljansson -lm

$(out)/fuzz-trace: $(sim_judge)

$(out)/fuzz-seeds: $(call object,fuzz/seeds.c $(fuzz_support_c)) $(fuzz_library)
	$(CC) $(ldflags) $(fuzz_wrap) $(fuzz_ldflags_$(WAY)) -o $@ $^ -llmdb -ljansson -lm

$(fuzz_library): $(call object,$(fuzz_library_c))
	@rm -f $@
	$(AR) rcs $@ $^

-include $(patsubst %.c,$(out)/%.d,$(wildcard fuzz/*.c))

.PHONY: fuzz-programs
fuzz-programs: $(fuzz_programs)

.PHONY: fuzz-seeds
fuzz-seeds: ## puts examples, sessions and stores into build/fuzzing, for the fuzzers to begin with
	@$(MAKE) --no-print-directory -s WAY=asan CC=clang build/asan/fuzz-seeds
	@sh fuzz/seeds.sh build/asan/fuzz-seeds $(fuzz_targets)

.PHONY: fuzz-coverage
fuzz-coverage: ## what the corpora reach of wire, machine and delivery
	@$(MAKE) --no-print-directory -s WAY=cover CC=clang fuzz-programs
	@sh fuzz/coverage.sh $(fuzz_targets)

SECONDS ?= 60
JOBS ?= 1
UNTIL ?= 0
fuzz_engine := $(if $(shell command -v afl-clang-fast afl-fuzz),afl,fuzz)
ENGINE ?= $(fuzz_engine)
TARGETS ?= $(fuzz_targets)

.PHONY: fuzz fuzz-smoke fuzz-proof fuzz-minimise
fuzz: ## runs each harness for SECONDS=60 under AFL++ or libFuzzer (ENGINE=afl, fuzz, fast; TARGETS='NAME…'; JOBS; UNTIL)
	@.ci/need fuzz
	@$(MAKE) --no-print-directory -s -j2 WAY=$(ENGINE) CC=$(if $(filter afl,$(ENGINE)),afl-clang-fast,clang) fuzz-programs
	@sh fuzz/run.sh $(ENGINE) $(SECONDS) $(JOBS) $(UNTIL) $(TARGETS)

fuzz-smoke: ## replays all inputs, and a few seconds of libFuzzer for each harness
	@$(MAKE) --no-print-directory -s WAY=plain fuzz-programs
	@$(MAKE) --no-print-directory -s WAY=fuzz CC=clang fuzz-programs
	@sh fuzz/smoke.sh 3 $(fuzz_targets)

ifeq ($(WAY),fuzz)
.PHONY: fuzz-proof-here
fuzz-proof-here: $(fuzz_programs)
	@FUZZ_CC='$(CC)' FUZZ_CFLAGS='$(all_cflags) -Iconformance' FUZZ_LDFLAGS='$(fuzz_wrap) $(fuzz_ldflags_fuzz)' FUZZ_OUT='$(out)' \
		FUZZ_OBJECTS='$(fuzz_o)' FUZZ_LIBRARIES='$(sim_judge) $(fuzz_library) -llmdb -ljansson -lm' \
		sh fuzz/proof.sh $(TARGETS)
endif

fuzz-proof: ## does each harness find the fault that was planted for it?
	@$(MAKE) --no-print-directory -s WAY=fuzz CC=clang TARGETS='$(TARGETS)' fuzz-proof-here

fuzz-minimise: ## fuzz/corpus anew: the fewest inputs of the runs that reach the same
	@$(MAKE) --no-print-directory -s WAY=edges CC=clang fuzz-programs
	@sh fuzz/minimise.sh $(TARGETS)

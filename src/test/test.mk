# The tests; the Makefile at the top includes this, and runs in the root.

tests := $(out)/tests

# Comparisons of secrets are counted: secret_watch.c.
$(tests): $(call object,$(test_c) src/cmd/log.c src/cmd/log_notes.c) $(archive)
	$(CC) $(ldflags) -Wl,--wrap=ep_equal_in_constant_time -o $@ $^ $(libraries) $$(pkg-config --libs check) -ljansson

.PHONY: lint tests check check-unit check-valgrind check-asan check-arm64 check-floors check-freestanding
tests: $(tests)

check: ## installs what is missing, runs all tests; the last line counts them
	@.ci/need check
	@sh src/test/all.sh

check-unit: $(tests) ## the unit tests alone
	$(tests)

# All tests in one process, where every fork would be dear. CK_FORK=yes says which test it was that hangs or crashes.
in_one_process := CK_FORK=$${CK_FORK:-no} timeout 1000

check-valgrind: $(tests) ## the unit tests under Valgrind
	CK_TIMEOUT_MULTIPLIER=30 $(in_one_process) valgrind -q --error-exitcode=99 --leak-check=full $(tests)

check-asan: ## the unit tests with the address and undefined behaviour sanitizers
	@$(MAKE) --no-print-directory -s WAY=asan CC=clang tests
	$(in_one_process) build/asan/tests

check-arm64: ## the unit tests as a program for arm64, which has NEON, under QEMU; installs what is missing
	@.ci/need arm64
	@$(MAKE) --no-print-directory -s WAY=arm64 CC=aarch64-linux-gnu-gcc build/arm64/tests
	CK_TIMEOUT_MULTIPLIER=10 qemu-aarch64 build/arm64/tests

check-floors: ## includes go down the floors only
	@sh src/test/floors.sh

check-freestanding: ## the core compiles without a libc, and its parser runs as WebAssembly
	@sh src/test/freestanding.sh

lint: all ## gcc -fanalyzer, clang-tidy, cppcheck, shellcheck; hardening; the same bytes twice
	@sh src/test/lint.sh

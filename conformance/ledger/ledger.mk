# epigeon-ledger, which kills a server under load and keeps a ledger of its own; the Makefile at the top
# includes this. Its clients use the public library; the ledger itself shares no code with src/.

ledger_test_c := conformance/ledger/test_book.c
ledger_c := $(filter-out $(ledger_test_c),$(wildcard conformance/ledger/*.c))
ledger_book_c := $(addprefix conformance/ledger/,book.c account.c plan.c)
ledger_o = $(call object,$(ledger_c))

$(out)/epigeon-ledger: $(ledger_o) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries)

$(out)/ledger-tests: $(call object,$(ledger_test_c) $(ledger_book_c))
	$(CC) $(ldflags) -o $@ $^ $$(pkg-config --libs check)

-include $(patsubst %.c,$(out)/%.d,$(ledger_c) $(ledger_test_c))

KILLS ?= 500
LEDGER_ARGS ?=

.PHONY: ledger check-ledger
ledger: ## kills the server under load KILLS=500 times (5 minutes): nothing may be lost
	@.ci/need build
	@$(MAKE) --no-print-directory $(out)/epigeon-ledger $(out)/epigeond
	$(out)/epigeon-ledger --server $(out)/epigeond --kills $(KILLS) $(LEDGER_ARGS)

check-ledger: $(out)/epigeon-ledger $(out)/epigeond $(out)/ledger-tests ## the same, 30 times, and whether it notices faults
	@CC='$(CC)' LEDGER_CFLAGS='$(all_cflags)' LEDGER_LIBS='$(ldflags) $(libraries) -ljansson -lmicrohttpd' LEDGER_O='$(ledger_o)' \
		LEDGER_SERVER_O='$(call object,$(server_c))' LEDGER_ARCHIVE='$(archive)' LEDGER_TESTS='$(out)/ledger-tests' \
		EPIGEON_LEDGER='$(out)/epigeon-ledger' EPIGEOND='$(out)/epigeond' sh conformance/ledger/check.sh

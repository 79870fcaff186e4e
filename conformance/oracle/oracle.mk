# epigeon-oracle, the judge of traces, and its unit tests; the Makefile at the top includes this.
# A test file is conformance/oracle/test_NAME.c; what it gives to the tests is one function or more, each
# with a definition that begins a line: Suite *oracle_suite_NAME(void) {

oracle_c := $(wildcard conformance/oracle/*.c)
oracle_test_c := $(filter conformance/oracle/test_%.c,$(oracle_c))
oracle_main_c := conformance/oracle/main.c
# What the simulator needs too: no files of captures, no sockets, no command line.
oracle_judge_c := $(filter-out $(foreach part,main check pcap proxy test_,conformance/oracle/$(part)%.c),$(oracle_c))
oracle_judge_o := $(call object,$(oracle_judge_c))
oracle_libraries := -lpcap -luv -ljansson
oracle_suites := $(shell sed -n 's/^Suite \*oracle_suite_\([a-z0-9_]*\)(void) {.*/X(\1)/p' $(oracle_test_c) </dev/null)

$(out)/epigeon-oracle: $(call object,$(filter-out $(oracle_test_c),$(oracle_c)))
	$(CC) $(ldflags) -o $@ $^ $(oracle_libraries)

$(out)/oracle-tests: $(call object,$(filter-out $(oracle_main_c),$(oracle_c)))
	$(CC) $(ldflags) -o $@ $^ $(oracle_libraries) $$(pkg-config --libs check)

$(out)/conformance/oracle/main.o: all_cflags += -DORACLE_VERSION='"$(version)"'
$(out)/conformance/oracle/test_main.o: all_cflags += -DORACLE_SUITES='$(oracle_suites)'
$(out)/conformance/oracle/test_main.o: $(oracle_test_c)

-include $(patsubst %.c,$(out)/%.d,$(oracle_c))

.PHONY: oracle check-oracle
oracle: ## installs what is missing, builds epigeon-oracle, which judges traces
	@.ci/need oracle
	@$(MAKE) --no-print-directory -s -j2 $(out)/epigeon-oracle

check-oracle: $(out)/oracle-tests $(out)/epigeon-oracle ## the tests of the oracle
	$(out)/oracle-tests
	@EPIGEON_ORACLE=$(out)/epigeon-oracle sh conformance/oracle/check.sh

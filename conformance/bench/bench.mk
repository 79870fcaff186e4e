# epigeon-bench: included by the Makefile at the top, or used alone from there:
#   make -f conformance/bench/bench.mk bench
# Built beside the server (build/plain, or build/ when used alone), objects below it. Paths are
# relative, so the tree may lie anywhere.

bench_out := $(or $(out),build)
bench_c := main.c suite.c curves.c crowd.c driver.c peer.c frame.c relay.c server.c net.c hist.c \
	util.c
bench_h := $(wildcard conformance/bench/*.h)
bench_o := $(bench_c:%.c=$(bench_out)/bench/%.o)
bench_cflags := -std=c11 -O2 -g -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes \
	$(if $(version),-DBENCH_VERSION='"$(version)"')
BENCH_ARGS ?=

.PHONY: bench bench-quick

bench: $(bench_out)/epigeon-bench $(bench_out)/epigeond ## measures the server against raw bounds
	$(bench_out)/epigeon-bench --server $(bench_out)/epigeond $(BENCH_ARGS)

bench-quick: $(bench_out)/epigeon-bench $(bench_out)/epigeond ## the same, one short round
	$(bench_out)/epigeon-bench --server $(bench_out)/epigeond --quick $(BENCH_ARGS)

$(bench_out)/epigeon-bench: $(bench_o)
	$(CC) $(LDFLAGS) -o $@ $(bench_o) -ljansson

# The same with a hostile crowd.
hostile_c := hostile_main.c hostile.c driver.c peer.c frame.c relay.c server.c net.c hist.c util.c
HOSTILE_ARGS ?=

.PHONY: hostile check-hostile
hostile: $(bench_out)/epigeon-hostile $(bench_out)/epigeond ## ordinary clients beside 1,000 hostile ones: memory and speed
	$(bench_out)/epigeon-hostile --server $(bench_out)/epigeond $(HOSTILE_ARGS)

check-hostile: $(bench_out)/epigeon-hostile $(bench_out)/epigeond ## the same, short, and without judging the speed
	$(bench_out)/epigeon-hostile --server $(bench_out)/epigeond --rounds 1 --no-speed --memory 64

$(bench_out)/epigeon-hostile: $(hostile_c:%.c=$(bench_out)/bench/%.o)
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson

# The same with thousands of clients, for minutes. STORE: memory or lmdb.
load_c := load_main.c load_traffic.c load_client.c load_watch.c frame.c net.c server.c relay.c hist.c util.c
MINUTES ?= 10
CONNECTIONS ?= 10000
SENDERS ?= 1000
RATE ?= 5
STORE ?= memory
load_run = $(bench_out)/epigeon-load --server $(bench_out)/epigeond

.PHONY: load check-load
load: $(bench_out)/epigeon-load $(bench_out)/epigeond ## thousands of clients for MINUTES=10: latency, growth, fairness
	$(load_run) --connections $(CONNECTIONS) --senders $(SENDERS) --rate $(RATE) --store $(STORE) \
		--minutes $(MINUTES)

check-load: $(bench_out)/epigeon-load $(bench_out)/epigeond $(bench_out)/hist-test ## the same, short, and without judging times
	$(bench_out)/hist-test
	$(load_run) --connections 500 --senders 50 --minutes 0.1 --no-speed --store lmdb

$(bench_out)/epigeon-load: $(load_c:%.c=$(bench_out)/bench/%.o)
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson

$(bench_out)/hist-test: $(bench_out)/bench/hist_test.o $(bench_out)/bench/hist.o
	$(CC) $(LDFLAGS) -o $@ $^

$(bench_out)/bench/%.o: conformance/bench/%.c $(bench_h) conformance/bench/bench.mk
	@mkdir -p $(@D)
	$(CC) $(bench_cflags) -c -o $@ $<

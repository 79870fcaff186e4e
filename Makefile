# e-pigeon. Two commands do everything: `make run` starts a server, `make check` runs all tests; each
# installs what is missing first. `make help` lists the rest. What is built lies in build/.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

CC ?= cc
ifeq ($(origin CC),default)
CC := cc
endif
PREFIX ?= /usr/local
DESTDIR ?=
LISTEN ?= 127.0.0.1:9999

version := $(shell sed -n 's/^\#define EP_VERSION "\(.*\)"/\1/p' src/epigeon.h)
major := $(firstword $(subst ., ,$(version)))

comma := ,

# One tree of objects for each way to compile: plain, with sanitizers (make WAY=asan …, WAY=tsan …), without
# SIMD (WAY=scalar), and for another machine (WAY=arm64).
WAY ?= plain
out := build/$(WAY)
warnings := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wimplicit-fallthrough -pedantic $(WERROR)
harden := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
flags_plain := -O3 -g $(harden)
flags_arm64 := -O2 -g $(harden)
flags_scalar := -O2 -g $(harden) -DEP_SCALAR
flags_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
flags_tsan := -O1 -g -fsanitize=thread
CFLAGS ?= $(flags_$(WAY))
all_cflags = -std=c11 -fPIC -fno-semantic-interposition -Isrc -Igen -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(warnings) $(CFLAGS)
# The same sources give the same bytes, wherever they lie.
map_cflags = "-ffile-prefix-map=$(CURDIR)=."
ldflags := $(if $(filter asan,$(WAY)),-fsanitize=address$(comma)undefined) $(if $(filter tsan,$(WAY)),-fsanitize=thread) -Wl,-z,relro,-z,now $(LDFLAGS)
libraries := -luv -llmdb -lssl -lcrypto

core_c := $(filter-out src/base/freestanding.c,$(wildcard src/base/*.c)) \
	$(wildcard src/wire/*.c src/delivery/*.c src/machine/*.c) gen/json.c
library_c := $(core_c) $(wildcard src/store/*.c src/net/*.c)
shared_cmd_c := $(filter-out src/cmd/epigeon%.c src/cmd/example%.c,$(wildcard src/cmd/*.c))
server_c := $(filter src/cmd/epigeond%.c,$(wildcard src/cmd/*.c)) $(shared_cmd_c)
client_c := $(filter-out src/cmd/epigeond%.c,$(wildcard src/cmd/epigeon*.c)) $(shared_cmd_c)
test_c := $(filter-out src/test/freestanding.c,$(wildcard src/test/*.c))
object = $(1:%.c=$(out)/%.o)

programs := $(out)/epigeond $(out)/epigeon $(out)/example_embedded
archive := $(out)/libepigeon.a
shared := $(out)/libepigeon.so.$(version)

.PHONY: all deps help
all: $(programs) $(archive) $(shared) ## builds the programs and the library

include spec/spec.mk
include src/test/test.mk
include $(sort $(wildcard conformance/*/*.mk spec/model/*.mk)) fuzz/fuzz.mk

# What is missing is named before a compiler stumbles over it.
build/needed:
	@.ci/need build name
	@mkdir -p build && touch $@

$(out)/%.o: %.c Makefile | build/needed
	@mkdir -p $(@D)
	$(CC) $(all_cflags) $(map_cflags) -MMD -MP -c -o $@ $<

$(out)/gen/json.o: warnings += -Wno-implicit-fallthrough
$(out)/conformance/%.o: all_cflags += -Iconformance

$(archive): $(call object,$(library_c))
	@rm -f $@
	$(AR) rcs $@ $^

$(shared): $(call object,$(library_c))
	$(CC) $(ldflags) -shared -Wl,-soname,libepigeon.so.$(major) -o $@ $^ $(libraries)

$(out)/epigeond: $(call object,$(server_c)) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries) -ljansson -lmicrohttpd

$(out)/epigeon: $(call object,$(client_c)) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries) -ljansson

$(out)/example_embedded: $(call object,src/cmd/example_embedded.c) $(archive)
	$(CC) $(ldflags) -o $@ $^ $(libraries)

-include $(patsubst %.c,$(out)/%.d,$(library_c) $(wildcard src/cmd/*.c) $(test_c))

.PHONY: run
run: ## installs what is missing, builds, starts a server (LISTEN=ADDR:PORT)
	@.ci/need build
	@$(MAKE) --no-print-directory -j2 all >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }; \
		mkdir -p build && mv build.log build/build.log
	@echo 'The server keeps its state in ./epigeon-data; stop it with Ctrl-C. Talk to it from another terminal:'
	@echo '    $(out)/epigeon --server $(LISTEN) --id bob listen'
	@echo '    $(out)/epigeon --server $(LISTEN) send --to bob hello'
	@exec $(out)/epigeond --listen $(LISTEN)

deps: ## installs what building needs (Debian packages)
	@.ci/need build

.PHONY: install
install: all $(out)/epigeon-conform ## copies programs, library, header, manual pages to PREFIX (DESTDIR is honoured)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/include" "$(DESTDIR)$(PREFIX)/lib/pkgconfig" \
		"$(DESTDIR)$(PREFIX)/share/man/man1" "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
		"$(DESTDIR)$(PREFIX)/share/epigeon/cases" "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	install -m 755 $(out)/epigeond $(out)/epigeon $(out)/epigeon-conform "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 src/epigeon.h "$(DESTDIR)$(PREFIX)/include"
	install -m 644 $(archive) "$(DESTDIR)$(PREFIX)/lib"
	install -m 755 $(shared) "$(DESTDIR)$(PREFIX)/lib"
	ln -sf libepigeon.so.$(version) "$(DESTDIR)$(PREFIX)/lib/libepigeon.so.$(major)"
	ln -sf libepigeon.so.$(major) "$(DESTDIR)$(PREFIX)/lib/libepigeon.so"
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(version)|' src/epigeon.pc.in \
		>"$(DESTDIR)$(PREFIX)/lib/pkgconfig/epigeon.pc"
	sed 's|@PREFIX@|$(PREFIX)|' src/cmd/systemd/epigeond.service.in \
		>"$(DESTDIR)$(PREFIX)/lib/systemd/system/epigeond.service"
	install -m 644 src/cmd/systemd/*.socket "$(DESTDIR)$(PREFIX)/lib/systemd/system"
	install -m 644 src/cmd/epigeond.1 src/cmd/epigeon.1 conformance/runner/epigeon-conform.1 \
		"$(DESTDIR)$(PREFIX)/share/man/man1"
	for file in src/cmd/epigeond src/cmd/epigeon conformance/runner/epigeon-conform; do install -m 644 $$file.bash \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$(basename $$file)" || exit 1; done
	install -m 644 conformance/cases/*.md conformance/cases/json-vectors.tsv "$(DESTDIR)$(PREFIX)/share/epigeon/cases"

.PHONY: clean
clean: ## removes build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort | \
		awk -F '\t' '{printf "make %-19s %s\n", $$1, $$2}'

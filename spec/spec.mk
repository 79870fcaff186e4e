# What is made of spec/protocol.md; the Makefile at the top includes this, and runs in the root.
#   gen         gen/, anew: tables and grammars by awk, parsers by Ragel (edit the spec, never gen/)
#   check-gen   is gen/ what the spec and src/wire/*.rl make of it, byte for byte?
#   check-spec  tests of the extractor
#   trace       which code and which test cites each requirement; fails on a MUST left out
#   spec        build/protocol.html, the spec as a page

.PHONY: gen check-gen check-spec trace spec

AWK ?= awk
RAGEL ?= ragel

spec_awk := spec/extract.awk spec/check.awk spec/emit.awk spec/draw.awk

# Runs in the root, or in a copy of it: paths stay the same, so the output does. Another Ragel
# would write other parsers. Not a file rule: after a checkout, whose files have any time stamps,
# nobody shall need awk or Ragel to build.
define make_gen
case "$$($(RAGEL) --version)" in *' version 6.10 '*) ;; \
*) echo 'gen/ is made with Ragel 6.10 and no other' >&2; exit 1 ;; esac; \
mkdir -p gen && \
$(AWK) -v out=gen $(spec_awk:%=-f %) spec/protocol.md && \
for host in src/wire/*.rl; do \
	test -e "$$host" || continue; \
	parser=gen/$$(basename "$$host" .rl).c; \
	$(RAGEL) -C -G2 -L -I gen -o "$$parser" "$$host" || exit 1; \
done
endef

# With -j, whoever reads gen/ waits for `make gen` if that is asked for as well.
check-gen trace spec: | $(filter gen,$(MAKECMDGOALS))

gen: ## makes gen/ anew from spec/ and src/wire/*.rl
	@$(make_gen)

# In a copy of the sources without gen/: others may go on reading gen/ meanwhile, and nothing has to
# be put back when it differs.
check-gen: ## is gen/ what the spec makes of it?
	@rm -rf build/check-gen && mkdir -p build/check-gen/spec build/check-gen/src/wire
	@cp $(spec_awk) spec/protocol.md build/check-gen/spec/
	@for host in src/wire/*.rl; do \
		test ! -e "$$host" || cp "$$host" build/check-gen/src/wire/ || exit 1; \
	done
	@cd build/check-gen && $(make_gen)
	@diff -rq gen build/check-gen/gen || { \
		echo "gen/ is not what spec/ and src/wire/ make of it: run 'make gen' and commit gen/" >&2; \
		exit 1; \
	}
	@rm -rf build/check-gen
	@echo 'gen/ is what spec/ and src/wire/ make of it'

check-spec: ## the tests of the extractor
	@sh spec/test-extract.sh

trace: ## which code and which test cites each requirement
	@$(AWK) -f spec/trace.awk gen/requirements.tsv \
		$$(find src conformance $(wildcard fuzz) -name node_modules -prune -o -type f \
			\( -name '*.[ch]' -o -name '*.rl' -o -name '*.js' -o -name '*.sh' \) -print | \
			LC_ALL=C sort) \
		gen/server_machine.h gen/client_machine.h

spec: ## the spec as a page, build/protocol.html
	@sh spec/html.sh spec/protocol.md gen build/protocol.html
	@echo build/protocol.html

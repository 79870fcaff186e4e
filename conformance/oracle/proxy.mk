# The tests of `epigeon-oracle proxy`, and real traffic through it; the Makefile at the top includes this.

oracle_programs = $(out)/epigeon-oracle $(out)/epigeon $(out)/epigeond
oracle_paths = EPIGEON=$(out)/epigeon EPIGEOND=$(out)/epigeond EPIGEON_ORACLE=$(out)/epigeon-oracle
EVENTS ?= 1000000

.PHONY: check-oracle-proxy check-oracle-traffic oracle-traffic
check-oracle-proxy: $(oracle_programs) ## the tests of the proxy
	@$(oracle_paths) sh conformance/oracle/proxy.sh

check-oracle-traffic: $(oracle_programs) ## a little real traffic through the proxy: is it accepted
	@$(oracle_paths) sh conformance/oracle/traffic.sh 50000

oracle-traffic: $(oracle_programs) ## much real traffic (EVENTS=1000000): is it accepted, and fast
	@$(oracle_paths) sh conformance/oracle/traffic.sh $(EVENTS)

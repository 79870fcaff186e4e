# The peers written from the protocol alone, against the reference, the suite and each other; the Makefile
# at the top includes this.

.PHONY: check-peers
check-peers: $(out)/epigeond $(out)/epigeon $(out)/epigeon-conform ## the peers written from the protocol alone
	@.ci/need check
	@OUT=$(out) sh conformance/peers/check.sh

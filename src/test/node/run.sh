#!/bin/sh
# The real transport of 1.0.2: checks the peers written for it, then both programs against them.
set -eu
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
[ -d node_modules/node-ipc ] || npm ci --loglevel=error --no-audit --no-fund
: "${EPIGEOND:=$root/build/plain/epigeond}" "${EPIGEON:=$root/build/plain/epigeon}"
export EPIGEOND EPIGEON
node fidelity.test.js | tail -n 1
exec node peer.test.js

#!/bin/sh
# Measures in the build that `swift run vm` makes: SwiftPM's debug configuration, hot modules optimised.
set -eu
cd "$(dirname "$0")/.."
scripts/build-workloads.sh
swift build --product bench
exec .build/debug/bench "$@"

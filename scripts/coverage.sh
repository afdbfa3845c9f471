#!/bin/sh
# Runs the processor's tests one instruction at a time, and says which rows of the opcode table they left out: none, or
# the script fails. Sources/Processor/Decoder/RowCoverage.swift says how. The tests have been built (make test).
set -eu
cd "$(dirname "$0")/.."
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
MARTLET_COVERAGE=$directory swift test --skip-build --filter "${1:-ProcessorTests}" > "$directory/log" 2>&1 || {
    tail -40 "$directory/log"
    exit 1
}
MARTLET_COVERAGE_REPORT=$directory swift test --skip-build --filter CoverageReport

#!/bin/sh
# The five oracles of docs/testing.md in their long forms, then the coverage of the opcode table, and a summary.
#
# usage: scripts/oracle.sh [SEED]
#
# Goes on after a failure, and fails in the end if one of them did. MARTLET_NATIVE_CASES, MARTLET_SELF_CASES,
# MARTLET_FUZZ_SECONDS and the like may be set to something else than the hours they are here, and MARTLET_ORACLE to
# `short`; what they mean is at the head of the tests that read them. Without SEED, it is the time: another run, other
# cases.
set -u
cd "$(dirname "$0")/.."

MARTLET_SEED=${1:-$(date +%s)}
export MARTLET_SEED MARTLET_ORACLE="${MARTLET_ORACLE:-long}"
export MARTLET_NATIVE_CASES="${MARTLET_NATIVE_CASES:-10000000}" MARTLET_X87_CASES="${MARTLET_X87_CASES:-1000000}" \
    MARTLET_SIMD_CASES="${MARTLET_SIMD_CASES:-1000000}" MARTLET_SELF_CASES="${MARTLET_SELF_CASES:-20000}" \
    MARTLET_FUZZ_SECONDS="${MARTLET_FUZZ_SECONDS:-1800}"
swift build --build-tests || exit 1
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
failures=0

# oracle NAME COMMAND...: runs the command, and keeps for the summary how it ended and what it says it counted: lines
# `counted NUMBER WHAT`, of which those with the same WHAT are added.
oracle() {
    name=$1
    shift
    echo "oracle: $name (seed $MARTLET_SEED)"
    { "$@"; echo $? > "$directory/status"; } | tee "$directory/log"
    verdict=passed
    # What was skipped has proved nothing.
    grep -q '^counted ' "$directory/log" || verdict="FAILED, for it compared nothing"
    [ "$(cat "$directory/status")" = 0 ] || verdict=FAILED
    [ "$verdict" = passed ] || failures=$((failures + 1))
    echo "$verdict: $name" >> "$directory/summary"
    awk '/^counted / { n = $2; $1 = $2 = ""; if (!($0 in sum)) order[++kinds] = $0; sum[$0] += n }
        END { for (i = 1; i <= kinds; i++) printf "%16d%s\n", sum[order[i]], substr(order[i], 2) }' \
        "$directory/log" >> "$directory/summary"
}

# tests FILTER: the tests that a regular expression names.
tests() { swift test --skip-build --no-parallel --filter "$1"; }

oracle "1. decoder and disassembler against llvm-objdump" tests 'DisassemblerTests\.'
oracle "2. instructions against the host's processor" tests 'Native|FloatingPointHost|SIMD'
oracle "3. system programs against QEMU and Bochs" tests 'SystemProgramTests'
oracle "4. the interpreter against itself" tests 'SelfComparisonTests|SlicingTests|KernelBootTests'
oracle "5. fuzzing" tests 'FuzzTests'
# Coverage is a question to the tests of everybody's day, not to the long forms.
oracle "coverage of the opcode table" \
    env -u MARTLET_NATIVE_CASES -u MARTLET_X87_CASES -u MARTLET_SIMD_CASES scripts/coverage.sh
echo
echo "oracle: summary (seed $MARTLET_SEED)"
cat "$directory/summary"
[ "$failures" = 0 ]

#!/bin/sh
# The five oracles of docs/testing.md in their long forms, then the coverage of the opcode table.
#
# usage: scripts/oracle.sh [SEED]
#
# Goes on after a failure, and fails in the end if one of them did. MARTLET_NATIVE_CASES, MARTLET_SELF_CASES,
# MARTLET_FUZZ_SECONDS and the like may be set to something else than the hours they are here; what they mean is at the
# head of the tests that read them. Without SEED, it is the time: another run, other cases.
set -u
cd "$(dirname "$0")/.."

MARTLET_SEED=${1:-$(date +%s)}
export MARTLET_SEED MARTLET_ORACLE=long
export MARTLET_NATIVE_CASES="${MARTLET_NATIVE_CASES:-10000000}" MARTLET_X87_CASES="${MARTLET_X87_CASES:-1000000}" \
    MARTLET_SIMD_CASES="${MARTLET_SIMD_CASES:-1000000}" MARTLET_SELF_CASES="${MARTLET_SELF_CASES:-20000}" \
    MARTLET_FUZZ_SECONDS="${MARTLET_FUZZ_SECONDS:-1800}"
swift build --build-tests || exit 1
failures=

# oracle NAME FILTER: runs the tests that FILTER, a regular expression, names.
oracle() {
    echo "oracle: $1 (seed $MARTLET_SEED)"
    swift test --skip-build --no-parallel --filter "$2" || failures="$failures
oracle: $1: failed; seed $MARTLET_SEED"
}

oracle "1. decoder and disassembler against llvm-objdump" 'DisassemblerTests\.'
oracle "2. instructions against the host's processor" 'Native|FloatingPointHost|SIMD'
oracle "3. system programs against QEMU and Bochs" 'SystemProgramTests'
oracle "4. the interpreter against itself" 'SelfComparisonTests|SlicingTests|KernelBootTests'
oracle "5. fuzzing" 'FuzzTests'
echo "oracle: coverage of the opcode table"
env -u MARTLET_NATIVE_CASES -u MARTLET_X87_CASES -u MARTLET_SIMD_CASES scripts/coverage.sh || failures="$failures
oracle: the opcode table is not covered"
[ -z "$failures" ] || { echo "$failures" >&2; exit 1; }

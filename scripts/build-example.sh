#!/bin/sh
# Builds the guest of docs/find-the-bug.md: images/find-the-bug.img, and find-the-bug.elf with its symbols and lines.
# Needs nothing but the Swift toolchain.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

find_tools clang ld.lld llvm-objcopy
target=images/find-the-bug
quietly guest.S "$tools/clang" --target=i386-unknown-none-elf -g -c examples/find-the-bug/guest.S -o $target.o
quietly "the guest" "$tools/ld.lld" -m elf_i386 --image-base=0 -Ttext=0x7C00 -e boot -o $target.elf $target.o
quietly "the disk" "$tools/llvm-objcopy" -O binary -j .text $target.elf $target.img
rm $target.o
# One cylinder of 16 heads and 63 sectors.
truncate -s 516096 $target.img

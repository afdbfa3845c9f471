#!/bin/sh
# Builds the BIOS: images/bios.bin (the ROM, 128 KiB) and images/bios.elf (its symbols, for the debugger).
#
# usage: scripts/build-firmware.sh [tests]
#
# `tests` also builds the programs that test it, to Firmware/.build/tests/*.img. Needs nothing but the Swift toolchain.
# Prints what went wrong when something did, and otherwise nothing. $MKROM names a mkrom that is already built: inside
# `swift test` the root package cannot be built, because SwiftPM holds its build directory.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

triple=i686-unknown-none-elf
# Beside Firmware/.build/tests.
target=Firmware/.build/target

[ -e "$target/$triple/release/bios" ] || echo "$script: building the firmware and mkrom (once; about a minute)"
quietly "the firmware" swift build --package-path Firmware --scratch-path "$target" -c release \
    --triple $triple --toolset Firmware/toolset.json --product bios
if [ -z "${MKROM:-}" ]; then
    host_tool mkrom
    MKROM=$built
fi
mkdir -p images
"$MKROM" --elf "$target/$triple/release/bios" --font Firmware/Font/martlet-8x16.txt \
    --rom images/bios.bin --symbols images/bios.elf

[ "${1:-}" = tests ] || exit 0
find_tools clang ld.lld
tests=Firmware/.build/tests
mkdir -p "$tests"
for source in Firmware/Tests/Programs/*.S; do
    name=$(basename "$source" .S)
    quietly "$source" "$tools/clang" --target=$triple -c "$source" -o "$tests/$name.o"
    quietly "$source" "$tools/ld.lld" -m elf_i386 --image-base=0 -Ttext=0x7c00 --oformat=binary \
        -o "$tests/$name.img" "$tests/$name.o"
    # 16 cylinders of 16 heads and 63 sectors
    truncate -s 8257536 "$tests/$name.img"
done

#!/bin/sh
# Builds the BIOS: images/bios.bin (the ROM, 128 KiB) and images/bios.elf (its symbols, for the debugger).
# Needs nothing but the Swift toolchain.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
package=$root/Firmware
images=$root/images

# Cross-compiled and host products have scratch directories of their own: their builds must not disturb each other.
target=$package/.build/target
host=$package/.build/host

swift build --package-path "$package" --scratch-path "$target" -c release \
    --triple i686-unknown-none-elf --toolset "$package/toolset.json" --product bios
swift build --package-path "$package" --scratch-path "$host" -c debug --product mkrom

mkdir -p "$images"
"$host/debug/mkrom" --elf "$target/i686-unknown-none-elf/release/bios" --font "$package/Font/martlet-8x16.txt" \
    --rom "$images/bios.bin" --symbols "$images/bios.elf"

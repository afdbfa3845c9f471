#!/bin/sh
# Builds the BIOS: images/bios.bin (the ROM, 128 KiB) and images/bios.elf (its symbols, for the debugger).
# With the argument `tests` also the programs that test it, to Firmware/.build/tests/*.img.
# Needs nothing but the Swift toolchain.
set -eu

root=$(cd -P "$(dirname "$0")/.." && pwd)
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

if [ "${1:-}" = tests ]; then
    # The toolchain's own clang and lld, also where `swift` is found through a link.
    tools=$(dirname "$(readlink -f "$(command -v swift)")")
    [ -x "$tools/clang" ] || tools=$(dirname "$(command -v clang)")
    tests=$package/.build/tests
    mkdir -p "$tests"
    for source in "$package"/Tests/Programs/*.S; do
        name=$(basename "$source" .S)
        "$tools/clang" --target=i686-unknown-none-elf -c "$source" -o "$tests/$name.o"
        "$tools/ld.lld" -m elf_i386 --image-base=0 -Ttext=0x7c00 --oformat=binary -o "$tests/$name.img" "$tests/$name.o"
        # 16 cylinders of 16 heads and 63 sectors
        truncate -s 8257536 "$tests/$name.img"
    done
fi

#!/bin/sh
# Builds the kernel package, boot sector and setup code, and images/kernel.img and self-test.img from them.
#
# usage: scripts/build-image.sh
#
# Prints what is in the image when it has changed, what went wrong when something did, and otherwise nothing.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

triple=i686-unknown-none-elf
products=Kernel/.build/$triple/release
boot=Kernel/.build/boot

find_tools clang ld.lld llvm-objcopy

[ -e "$products/kernel" ] || echo "$script: building the kernel package (once; about a minute)"
quietly "the kernel package" swift build --package-path Kernel -c release --triple $triple --toolset Kernel/toolset.json

# 16-bit code is no SwiftPM target: it is linked by itself, flat, at offset 0 of its segment.
mkdir -p "$boot"
if [ ! -e "$boot/boot.bin" ] || [ -n "$(find Kernel/Boot scripts/build-image.sh -newer "$boot/boot.bin")" ]; then
    objects=
    for source in Kernel/Boot/*.S; do
        object=$boot/$(basename "$source" .S).o
        quietly "$source" "$tools/clang" --target=$triple -c "$source" -o "$object"
        objects="$objects $object"
    done
    quietly "boot.ld" "$tools/clang" -E -P -x c Kernel/Boot/boot.ld -o "$boot/boot.ld"
    quietly "boot code" "$tools/ld.lld" -m elf_i386 --fatal-warnings -T "$boot/boot.ld" -o "$boot/boot.elf" $objects
    quietly "boot code" "$tools/llvm-objcopy" -O binary "$boot/boot.elf" "$boot/boot.bin"
fi

host_tool mkimage
"$built" images/kernel.json
# The same kernel with the self-test in the place of the process manager.
"$built" images/self-test.json

# The debugger reads symbols from the whole files; in the image they are stripped.
mkdir -p images/programs
for program in $(sed -n "s|.*\"../$products/\(.*\)\".*|\1|p" images/kernel.json); do
    symbols=images/programs/$program.elf
    [ "$program" != kernel ] || symbols=images/kernel.elf
    cmp -s "$products/$program" "$symbols" || cp "$products/$program" "$symbols"
done

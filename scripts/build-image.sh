#!/bin/sh
# Builds the kernel package, boot sector and setup code, and images/kernel.img from them.
#
# usage: scripts/build-image.sh
#
# Prints what is in the image when it has changed, what went wrong when something did, and otherwise nothing.
set -eu
cd "$(dirname "$0")/.."

triple=i686-unknown-none-elf
products=Kernel/.build/$triple/release
boot=Kernel/.build/boot

if ! command -v swift >/dev/null 2>&1; then
    echo "build-image: no 'swift' found; see scripts/setup.sh" >&2
    exit 1
fi
# clang, ld.lld and llvm-objcopy of the Swift toolchain itself, not whatever else may be installed under these names.
tools=$(swift -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
for tool in clang ld.lld llvm-objcopy; do
    if [ ! -x "$tools/$tool" ]; then
        echo "build-image: the Swift toolchain has no '$tool' (looked in '$tools')" >&2
        exit 1
    fi
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# quietly WHAT COMMAND...: runs the command, and shows what it printed only if it fails.
quietly() {
    what=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "build-image: building $what failed" >&2
        exit 1
    fi
}

[ -e "$products/kernel" ] || echo "build-image: building the kernel package (once; about a minute)"
quietly "the kernel package" swift build --package-path Kernel -c release --triple $triple --toolset Kernel/toolset.json

# 16-bit code is no SwiftPM target: it is linked by itself, flat, at offset 0 of its segment.
mkdir -p "$boot"
if [ ! -e "$boot/boot.bin" ] || [ -n "$(find Kernel/Boot "$0" -newer "$boot/boot.bin")" ]; then
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

quietly "mkimage" swift build --product mkimage
"$(swift build --show-bin-path 2>/dev/null)/mkimage" images/kernel.json

# The debugger reads symbols from the whole files; in the image they are stripped.
for program in kernel process-manager shell; do
    cmp -s "$products/$program" "images/$program.elf" || cp "$products/$program" "images/$program.elf"
done

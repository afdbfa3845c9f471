#!/bin/sh
# Builds what `make bench` measures, from one source: .build/workloads/bench.img, a disk that boots on any PC, and
# .build/workloads/native, a static i386 program for the host's own processor. Needs nothing but the Swift toolchain.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

sources=Sources/bench/Workloads
target=.build/workloads
if [ -e "$target/native" ] && [ -z "$(find $sources scripts/build-workloads.sh -newer "$target/native")" ]; then
    exit 0
fi
find_tools clang ld.lld
mkdir -p "$target"

# compile SOURCE OPTION...: to an object of the same name.
compile() {
    source=$1
    shift
    object=$target/${source%.*}.o
    quietly "$source" "$tools/clang" --target=i386-unknown-none-elf -O2 -ffreestanding -fno-pic -fno-builtin -fno-math-errno \
        -fno-stack-protector -Wall -Werror -Wno-parentheses "$@" -c "$sources/$source" -o "$object"
}

integer="-march=i586 -mno-sse -mno-mmx"
compile serve.c $integer
compile integer.c $integer
compile instructions.c $integer
compile floating.c $integer
compile vectors.c -march=pentium4
compile patch.S
common="$target/serve.o $target/integer.o $target/instructions.o $target/floating.o $target/vectors.o $target/patch.o"

compile table.c $integer -DMETAL
compile boot.S
compile metal.c $integer
quietly "the bench's image" "$tools/ld.lld" -m elf_i386 --fatal-warnings -T "$sources/layout.ld" --oformat=binary \
    -o "$target/bench.img" "$target/boot.o" "$target/metal.o" "$target/table.o" $common
# 16 cylinders of 16 heads and 63 sectors
truncate -s 8257536 "$target/bench.img"

compile table.c $integer
compile native.c $integer
quietly "the native bench" "$tools/ld.lld" -m elf_i386 -static -o "$target/native" \
    "$target/native.o" "$target/table.o" $common

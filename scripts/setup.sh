#!/bin/sh
# Installs the Debian or Ubuntu packages that a goal of the Makefile needs and that are missing.
#
# usage: scripts/setup.sh run|test
#
# Says what it is going to do before it does it, and touches nothing when everything is there.
set -eu

case "${1:-}" in
run) packages="libsdl2-dev pkg-config" ;;
test)
    packages="libsdl2-dev pkg-config qemu-system-x86 seabios grub-pc-bin grub-common xorriso mtools dosfstools nasm
        bochs bochs-sdl bochsbios vgabios valgrind xvfb xdotool xclip x11-utils gdb" ;;
*)
    echo "usage: scripts/setup.sh run|test" >&2
    exit 2 ;;
esac

if ! command -v swift >/dev/null 2>&1; then
    echo "setup: no 'swift' found; Martlet needs Swift 6.3 or later (https://www.swift.org/install/linux/)." >&2
    exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
set -- ${version:-0 0}
if [ "$1" -lt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -lt 3 ]; }; then
    echo "setup: Swift $1.$2 is too old; Martlet needs Swift 6.3 or later." >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: this is neither Debian nor Ubuntu; please see that these are installed: $(echo $packages)" >&2
    exit 0
fi
missing=
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "setup: please install as root: apt-get install$missing" >&2
        exit 1
    fi
    root=sudo
fi
echo "setup: installing with apt-get:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -q >/dev/null || echo "setup: 'apt-get update' failed; trying with the lists that are there." >&2
$root apt-get install -y -q --no-install-recommends $missing

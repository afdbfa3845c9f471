# What the build scripts share. To be read with `.` by a script that has changed to the repository's root.

script=$(basename "$0" .sh)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! command -v swift >/dev/null 2>&1; then
    echo "$script: no 'swift' found; see scripts/setup.sh" >&2
    exit 1
fi

# quietly WHAT COMMAND...: runs the command, and shows what it printed only if it fails.
quietly() {
    what=$1
    shift
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "$script: building $what failed" >&2
        exit 1
    fi
}

# find_tools NAME...: sets `tools` to the directory of these programs of the Swift toolchain itself, not of whatever
# else may be installed under their names.
find_tools() {
    tools=$(swift -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
    for tool; do
        if [ ! -x "$tools/$tool" ]; then
            echo "$script: the Swift toolchain has no '$tool' (looked in '$tools')" >&2
            exit 1
        fi
    done
}

# host_tool PRODUCT: builds an executable of the root package and sets `built` to its path.
host_tool() {
    quietly "$1" swift build --product "$1"
    built=$(swift build --show-bin-path 2>/dev/null)/$1
}

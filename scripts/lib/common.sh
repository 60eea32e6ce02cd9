# shellcheck shell=bash
# What every script here shares: where things are, how to speak, and the stamps that make set-up resumable.
# Source it from a script that has set -uo pipefail.

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Without links: what is in there knows its own place, and several checkouts may share it.
deps_dir=$(readlink -m "${FRAMEHOUND_DEPS:-$root_dir/.deps}")
stamp_dir=$deps_dir/.stamps

say() { printf '%s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: runs it as root, through sudo when we are not.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "this needs root: run it as root, or install sudo"
    fi
}

# key_of FILE|TEXT...: one digest over the contents of the files and the texts; it names the state a step leaves.
key_of() {
    local item
    for item in "$@"; do
        if [ -f "$item" ]; then cat "$item"; else printf '%s\n' "$item"; fi
    done | sha256sum | cut -d' ' -f1
}

# is_done STEP KEY PATH...: the step was finished before from these very inputs, and what it left is still there.
is_done() {
    local path
    [ -f "$stamp_dir/$1" ] && [ "$(<"$stamp_dir/$1")" = "$2" ] || return 1
    for path in "${@:3}"; do [ -e "$path" ] || return 1; done
}

# mark_done STEP KEY: to be called last; an interrupted step leaves no stamp and is started again.
mark_done() {
    mkdir -p "$stamp_dir"
    printf '%s\n' "$2" >"$stamp_dir/$1.new"
    mv "$stamp_dir/$1.new" "$stamp_dir/$1"
}

# check_sha256 FILE DIGEST: fails, and removes the file, when it is not the one that was pinned.
check_sha256() {
    local actual
    actual=$(sha256sum "$1" | cut -d' ' -f1)
    if [ "$actual" != "$2" ]; then
        rm -f "$1"
        die "$1 has SHA-256 $actual, expected $2; it was removed, try again, and if this repeats the registry serves another file"
    fi
}

# beside COMMAND...: runs it beside what follows, one at a time; beside_wait waits for its end and has its status. The
# script's own trap of EXIT, if it has one, is gone meanwhile and after.
beside() {
    # A group of processes of its own: all that it has started ends with this script, however this ends.
    set -m
    "$@" </dev/null &
    beside_pid=$!
    set +m
    trap 'kill -- "-$beside_pid" 2>/dev/null || true' EXIT
}

beside_wait() {
    local status=0
    wait "$beside_pid" || status=$?
    trap - EXIT
    return "$status"
}

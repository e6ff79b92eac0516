#!/bin/sh
# Installs Debian or Ubuntu packages by name. Waits while another program holds the package system, and says for whom.
# It fails where there is no apt-get, no right to use it, or apt-get fails; what is missing then is for the caller to say.
set -eu
[ $# -gt 0 ] || exit 0

# PACKAGE_LOCKS: for the tests
LOCKS="${PACKAGE_LOCKS:-/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock}"
PATIENCE_S="${PATIENCE_S:-900}"

# Prints who holds one of the locks, by name and process; nothing when they are free.
holder() {
    [ -r /proc/locks ] || return 0
    for lock in $LOCKS; do
        inode=$(stat -c %i "$lock" 2>/dev/null) || continue
        while read -r _ _ _ _ process place _; do
            case "$place" in
                *":$inode")
                    echo "$(cat "/proc/$process/comm" 2>/dev/null || echo another program) (process $process)"
                    return
                    ;;
            esac
        done </proc/locks
    done
}

# apt-get waits for the lock of dpkg only, and says nothing; the lists and the archives have locks of their own
wait_for_others() {
    waited=0
    while [ "$waited" -lt "$PATIENCE_S" ] && other=$(holder) && [ -n "$other" ]; do
        if [ "$waited" -eq 0 ]; then
            echo "The package system is in use by $other: waiting until it is done, $((PATIENCE_S / 60)) minutes at most."
        fi
        sleep 1
        waited=$((waited + 1))
    done
}

command -v apt-get >/dev/null || exit 1
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || exit 1
    as_root="sudo"
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing system packages: $*"
wait_for_others
$as_root apt-get update -qq || echo "The lists of packages could not be fetched: going on with those that are here." >&2
wait_for_others
$as_root apt-get install -y -qq --no-install-recommends -o "DPkg::Lock::Timeout=$PATIENCE_S" "$@"

#!/bin/sh
# The README's two commands on a bare machine: a Debian of its own with git, make and python3 alone, a clone of HEAD,
# `make run`, `make test`. Needs root and debootstrap. What is not committed is not in it.
#
#   tests/installers/bare_debian.sh [FOLDER]   FOLDER is kept and used again; without one it is made and removed
#   SUITE=bookworm     which Debian
#   MIRROR=            where from; the apt sources of this machine are asked otherwise
#   COMMANDS="run test"
#
# How this machine reaches the net is taken along: its proxy, its certificates, what pip is told, folders that pip uses.
set -eu

SUITE="${SUITE:-bookworm}"
COMMANDS="${COMMANDS-run test}"
CHECKOUT=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
CERTIFICATES="${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}"

[ "$(id -u)" -eq 0 ] || { echo "A Debian can only be made and entered by root: sudo make test-bare" >&2; exit 1; }
if [ "${OWN_MOUNTS:-}" != yes ]; then # whatever is mounted below goes when this script ends, however it ends
    command -v debootstrap >/dev/null || "$CHECKOUT/installers/linux/install-packages.sh" debootstrap
    exec env OWN_MOUNTS=yes unshare --mount --propagation private "$0" "$@"
fi

FOLDER="${1:-}"
if [ -z "$FOLDER" ]; then
    FOLDER=$(mktemp -d "${TMPDIR:-/var/tmp}/bare-debian.XXXXXX")
    trap 'cd /; umount --recursive --lazy "$FOLDER" 2>/dev/null || true; rm -rf --one-file-system "$FOLDER"' EXIT
    trap 'exit 1' INT TERM
    mount --bind "$FOLDER" "$FOLDER"
fi

make_debian() {
    [ ! -e "$FOLDER/etc/debian_version" ] || return 0
    if [ -z "${MIRROR:-}" ]; then
        MIRROR=$(apt-get indextargets --format '$(REPO_URI)' "Identifier: Packages" "Release: $SUITE" \
            "Component: main" | head -n 1)
    fi
    [ -n "$MIRROR" ] || { echo "The apt sources of this machine have no $SUITE; say where it is: MIRROR=" >&2; exit 1; }
    debootstrap --variant=minbase --include=git,make,python3 "$SUITE" "$FOLDER" "$MIRROR"
    [ -e "$FOLDER/etc/hosts" ] || echo "127.0.0.1 localhost" >"$FOLDER/etc/hosts" # what the installer of Debian writes
}

# What pip is told here, by variables and files: paths in it are made to be there inside as well.
pip_settings() {
    env | grep '^PIP_' || true
    cat /etc/pip.conf /etc/xdg/pip/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" 2>/dev/null || true
}

take_along() {
    # at a place of its own: installing ca-certificates inside writes the usual one anew, without what this machine adds
    [ ! -e "$CERTIFICATES" ] || cp -L "$CERTIFICATES" "$FOLDER/root/certificates.crt"
    for file in /etc/resolv.conf /etc/pip.conf /etc/xdg/pip $(proxies_of_apt); do
        if [ -e "$file" ]; then
            mkdir -p "$FOLDER$(dirname "$file")"
            cp -rL "$file" "$FOLDER$(dirname "$file")/"
        fi
    done
    for file in "$HOME/.config/pip" "$HOME/.pip"; do
        [ ! -e "$file" ] || { mkdir -p "$FOLDER/root/${file#"$HOME"/}" && cp -rL "$file/." "$FOLDER/root/${file#"$HOME"/}"; }
    done
    pip_settings | grep -oE '(^|[= ]|file://)/[^ ]+' | sed 's#^[^/]*##; s#^//*#/#; s#/simple/*$##' | sort -u | while read -r path; do
        if [ -d "$path" ]; then
            mkdir -p "$FOLDER$path"
            mount --bind -o ro "$path" "$FOLDER$path"
        fi
    done
}

proxies_of_apt() {
    grep -lE '^[^/#]*Acquire::https?::' /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null || true
}

mount_system() {
    mount -t proc proc "$FOLDER/proc"
    mount --rbind /sys "$FOLDER/sys"
    mount --rbind /dev "$FOLDER/dev"
}

inside() {
    [ ! -e "$FOLDER/root/certificates.crt" ] || own_certificates="PIP_CERT=/root/certificates.crt"
    # shellcheck disable=SC2046  # a list of NAME=VALUE
    chroot "$FOLDER" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        $(env | grep -iE '^(PIP_[A-Z_]+|(https?|no|all)_proxy)=[^ ]*$') ${own_certificates:-} "$@"
}

make_debian
take_along
mount_system
[ -e "$FOLDER/root/checkout" ] || git clone --quiet --depth 1 "file://$CHECKOUT" "$FOLDER/root/checkout"
git -C "$FOLDER/root/checkout" fetch --quiet --depth 1 "file://$CHECKOUT" HEAD
git -C "$FOLDER/root/checkout" reset --quiet --hard FETCH_HEAD

report=""
result=0
for command in $COMMANDS; do
    began=$(date +%s)
    code=0
    inside make -C /root/checkout "$command" >"$FOLDER/root/$command.log" 2>&1 || code=$?
    took=$(($(date +%s) - began))
    report="$report
make $command: exit code $code, $((took / 60)) min $((took % 60)) s: $(tail -n 1 "$FOLDER/root/$command.log")"
    if [ "$code" -ne 0 ]; then
        result=$code
        tail -n 60 "$FOLDER/root/$command.log"
    fi
done
grep -E '^SKIPPED' "$FOLDER/root/test.log" || true
echo "$SUITE, $(nproc) cores, commit $(git -C "$CHECKOUT" rev-parse --short HEAD)$report"
exit "$result"

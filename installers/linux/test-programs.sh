#!/bin/sh
# Installs what the tests use besides the libraries: a sound server, a session bus, strace, checkers of the menu entry.
# Where that cannot be done it names what is missing and goes on: the tests that need it are skipped, and say so.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# a program, or a file if it begins with a slash; and the Debian and Ubuntu package that has it
NEEDED="
strace strace
dbus-run-session dbus
busctl systemd
playerctl playerctl
pulseaudio pulseaudio
parec pulseaudio-utils
/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so libasound2-plugins
desktop-file-validate desktop-file-utils
appstreamcli appstream
fluidsynth fluidsynth
/usr/share/sounds/sf3/FluidR3Mono_GM.sf3 fluidr3mono-gm-soundfont
mkfs.ext4 e2fsprogs
unshare util-linux
mount mount
git git
"

PATH="$PATH:/sbin:/usr/sbin"

is_here() {
    case "$1" in
        /*) for file in $1; do [ -e "$file" ] && return 0; done && return 1 ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    while read -r thing package; do
        [ -z "$thing" ] || is_here "$thing" || printf ' %s' "$package"
    done <<LIST
$NEEDED
LIST
}

packages=$(missing)
[ -n "$packages" ] || exit 0
# shellcheck disable=SC2086  # a list of names
"$(dirname "$0")/install-packages.sh" $packages || true
packages=$(missing)
[ -z "$packages" ] ||
    echo "Missing here, as Debian calls it:$packages. The tests that need it are skipped." >&2

#!/bin/sh
# Installs the system libraries that Qt and PortAudio load at run time, as far as they are missing.
# Where apt-get is not to be had it names what is missing and goes on: the window says the rest.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# what the loader looks for, and the Debian and Ubuntu package that has it
LIBRARIES="
libportaudio.so.2 libportaudio2
libEGL.so.1 libegl1
libGL.so.1 libgl1
libdbus-1.so.3 libdbus-1-3
libglib-2.0.so.0 libglib2.0-0
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb.so.1 libxcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render.so.0 libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
"

PATH="$PATH:/sbin:/usr/sbin"
known=$(ldconfig -p)
sonames=""
packages=""
while read -r soname package; do
    [ -n "$soname" ] || continue
    case "$known" in
        *"$soname "*) ;;
        *) sonames="$sonames $soname" packages="$packages $package" ;;
    esac
done <<LIST
$LIBRARIES
LIST

python=$("$(dirname "$0")/find-python.sh")
if [ -z "$python" ]; then
    packages="$packages python3 python3-venv"
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    packages="$packages python3-venv"
    sonames="$sonames python3-venv"
fi

[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "These system libraries are missing and this system has no apt-get to install them with:" >&2
    echo "   $sonames" >&2
    echo "Install them with your package manager if the window or the sound does not start." >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "These packages are missing, and installing them needs root rights (there is no sudo here):" >&2
    echo "   $packages" >&2
    echo "Ask whoever looks after this machine to run: apt-get install$packages" >&2
    exit 1
fi
# shellcheck disable=SC2086  # a list of names
exec "$(dirname "$0")/install-packages.sh" $packages

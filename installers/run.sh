#!/bin/sh
# What `make run` starts: the window where there is a display, the same job in the terminal where there is none.
# BIN is the virtual environment's bin folder, MUSIC a folder of music or nothing for the demo library.
set -eu

case "${MUSIC:-}" in
    "~") MUSIC="$HOME" ;;
    "~/"*) MUSIC="$HOME/${MUSIC#\~/}" ;;
esac
if [ -n "${MUSIC:-}" ] && [ ! -d "$MUSIC" ]; then
    echo "There is no folder $MUSIC. Name one that exists: make run MUSIC=~/Music" >&2
    exit 1
fi

if [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}" ] && [ -z "${WAYLAND_DISPLAY:-}" ]; then
    echo "No display here: doing the same job in the terminal."
    if [ -n "${MUSIC:-}" ]; then
        exec "$BIN/pemr-desktop" demo "$MUSIC"
    fi
    exec "$BIN/pemr-desktop" demo
fi
if [ -n "${MUSIC:-}" ]; then
    exec "$BIN/pemr-desktop" window "$MUSIC"
fi
# the demo library has a home of its own, so that it never mixes with yours
exec "$BIN/pemr-desktop" --home "${XDG_DATA_HOME:-$HOME/.local/share}/pemr-desktop-demo" window --demo

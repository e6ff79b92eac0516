#!/bin/sh
# Puts the program in the menu of the one who calls this: command, desktop entry, icon, below ~/.local. `--remove` takes it out.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
ID=org.pemr.Desktop
DATA="${XDG_DATA_HOME:-$HOME/.local/share}"
PROGRAMS="$HOME/.local/bin"

if [ "${1:-}" = --remove ]; then
    rm -f "$DATA/applications/$ID.desktop" "$DATA/metainfo/$ID.metainfo.xml" \
        "$DATA/icons/hicolor/scalable/apps/$ID.svg" "$PROGRAMS/pemr-desktop" "$PROGRAMS/pemr-train"
    echo "Removed from the menu. Your library, settings and music were left as they are."
    exit 0
fi
if [ ! -x "$ROOT/.venv/bin/pemr-desktop" ]; then
    echo "Run make install first: there is no $ROOT/.venv/bin/pemr-desktop yet." >&2
    exit 1
fi
mkdir -p "$PROGRAMS" "$DATA/applications" "$DATA/metainfo" "$DATA/icons/hicolor/scalable/apps"
ln -sf "$ROOT/.venv/bin/pemr-desktop" "$ROOT/.venv/bin/pemr-train" "$PROGRAMS/"
sed "s#^Exec=pemr-desktop#Exec=\"$PROGRAMS/pemr-desktop\"#; s#^TryExec=.*#TryExec=$PROGRAMS/pemr-desktop#" \
    "$ROOT/installers/linux/$ID.desktop" >"$DATA/applications/$ID.desktop"
cp "$ROOT/installers/linux/$ID.metainfo.xml" "$DATA/metainfo/"
cp "$ROOT/resources/icons/application/pemr-desktop.svg" "$DATA/icons/hicolor/scalable/apps/$ID.svg"
if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$DATA/applications"
fi
echo "PEMR Desktop is in your menu now."

#!/bin/sh
# Builds the bundle in dist/, as a folder with a .tar.gz beside it, and as an AppImage where appimagetool is installed.
# Run it in a virtual environment that has the project, the CPU build of torch and pyinstaller.
set -eu
cd "$(dirname "$0")/../.."
PYTHON="${PYTHON:-.venv/bin/python}"
ID=org.pemr.Desktop
VERSION=$("$PYTHON" -c 'import importlib.metadata as m; print(m.version("pemr-desktop"))')
MACHINE=$(uname -m)

"$PYTHON" -m PyInstaller --noconfirm --distpath dist --workpath build/pyinstaller installers/pemr-desktop.spec

APPDIR=build/AppDir
rm -rf "$APPDIR"
mkdir -p "$APPDIR/usr/bin" "$APPDIR/usr/share/applications" "$APPDIR/usr/share/metainfo" \
    "$APPDIR/usr/share/icons/hicolor/256x256/apps" "$APPDIR/usr/share/icons/hicolor/scalable/apps"
cp -a dist/pemr-desktop/. "$APPDIR/usr/bin/"
cp "installers/linux/$ID.desktop" "$APPDIR/usr/share/applications/"
cp "installers/linux/$ID.metainfo.xml" "$APPDIR/usr/share/metainfo/"
cp resources/icons/application/pemr-desktop.svg "$APPDIR/usr/share/icons/hicolor/scalable/apps/$ID.svg"
"$PYTHON" installers/icon.py "$APPDIR/usr/share/icons/hicolor/256x256/apps/$ID.png" 256
ln -sf "usr/share/applications/$ID.desktop" "usr/share/icons/hicolor/256x256/apps/$ID.png" "$APPDIR/"
ln -sf usr/bin/pemr-desktop "$APPDIR/AppRun"

tar -C "$APPDIR/usr" -czf "dist/pemr-desktop-$VERSION-linux-$MACHINE.tar.gz" .
if command -v appimagetool >/dev/null; then
    ARCH="$MACHINE" appimagetool "$APPDIR" "dist/PEMR_Desktop-$VERSION-$MACHINE.AppImage"
else
    echo "appimagetool is not installed: no AppImage, only dist/pemr-desktop-$VERSION-linux-$MACHINE.tar.gz"
fi

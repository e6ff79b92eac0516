#!/bin/sh
# Builds dist/PEMR-Desktop-VERSION.dmg. Run it on a Mac, in a virtual environment that has the project and pyinstaller.
# With SIGN set to a "Developer ID Application: …" identity the bundle is signed from the inside out for notarisation.
set -eu
cd "$(dirname "$0")/../.."
PYTHON="${PYTHON:-.venv/bin/python}"
VERSION=$("$PYTHON" -c 'import importlib.metadata as m; print(m.version("pemr-desktop"))')
APP="dist/PEMR Desktop.app"

"$PYTHON" installers/icon.py build/pemr-desktop.icns 512
"$PYTHON" -m PyInstaller --noconfirm --distpath dist --workpath build/pyinstaller installers/pemr-desktop.spec
if [ -n "${SIGN:-}" ]; then
    find "$APP/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
        xargs -0 -n 20 codesign --force --timestamp --options runtime --sign "$SIGN"
    codesign --force --timestamp --options runtime --entitlements installers/macos/entitlements.plist --sign "$SIGN" "$APP"
fi
hdiutil create -volname "PEMR Desktop" -srcfolder "$APP" -ov -format UDZO "dist/PEMR-Desktop-$VERSION.dmg"

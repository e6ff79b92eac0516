# Builds dist\PEMR-Desktop-VERSION-setup.exe. Run it in a virtual environment that has the project and pyinstaller;
# Inno Setup 6 (iscc) has to be on the path.
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")
python installers\icon.py build\pemr-desktop.ico 256
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
python -m PyInstaller --noconfirm --distpath dist --workpath build\pyinstaller installers\pemr-desktop.spec
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
iscc installers\windows\pemr-desktop.iss
exit $LASTEXITCODE

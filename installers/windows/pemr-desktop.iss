; Inno Setup 6: iscc installers\windows\pemr-desktop.iss, after PyInstaller made dist\pemr-desktop.
; Installs for the one who runs it, without administrator rights; uninstalling leaves library, settings and music alone.

#define Name "PEMR Desktop"
#define Version "0.1.0"
#define Program "pemr-desktop.exe"

[Setup]
AppId={{6B0E1C4B-7B61-4E0B-9E0C-5D9C1B8E54A7}
AppName={#Name}
AppVersion={#Version}
AppPublisher=The PEMR Desktop developers
DefaultDirName={autopf}\{#Name}
DefaultGroupName={#Name}
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=PEMR-Desktop-{#Version}-setup
SetupIconFile=..\..\build\pemr-desktop.ico
UninstallDisplayIcon={app}\{#Program}
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"
Name: "fr"; MessagesFile: "compiler:Languages\French.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Files]
Source: "..\..\dist\pemr-desktop\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\{#Name}"; Filename: "{app}\{#Program}"; AppUserModelID: "org.pemr.Desktop"
Name: "{group}\{#Name} (demo library)"; Filename: "{app}\{#Program}"; Parameters: "window --demo"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\{#Program}"; Tasks: desktopicon

[Run]
Filename: "{app}\{#Program}"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

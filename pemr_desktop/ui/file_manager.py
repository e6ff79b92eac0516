"""Showing a file where it lies, in the system's own file manager."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from pemr_desktop.ui.file_urls import file_url


def show_in_file_manager(path: Path) -> bool:
    """Open the folder with the file chosen, where the system can do that; otherwise the folder. False: it failed."""
    if not path.exists():
        return False
    if sys.platform == "win32":
        return QProcess.startDetached("explorer.exe", [f"/select,{path}"])[0]
    if sys.platform == "darwin":
        return QProcess.startDetached("/usr/bin/open", ["-R", str(path)])[0]
    if _ask_over_dbus(path):
        return True
    folder = path if path.is_dir() else path.parent
    return QDesktopServices.openUrl(QUrl(file_url(os.fsencode(folder))))


def _ask_over_dbus(path: Path) -> bool:
    """The freedesktop way: any file manager that offers org.freedesktop.FileManager1 shows the file chosen."""
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    message = QDBusMessage.createMethodCall(
        "org.freedesktop.FileManager1",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1",
        "ShowItems",
    )
    message.setArguments([[bytes(file_url(os.fsencode(path)).toEncoded().data()).decode("ascii")], ""])
    interface = bus.interface()
    if not interface.isServiceRegistered("org.freedesktop.FileManager1").value():
        return False
    return bool(bus.send(message))

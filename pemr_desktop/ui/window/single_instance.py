"""One window for one library: a second start hands its files to the window that is open, and ends."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from pemr_desktop.private_files import make_private_folder

log = logging.getLogger(__name__)

CONNECT_MS = 1_000
ANSWER_MS = 10_000
"""A window that is just starting answers when it is there."""
LOCK_MS = 5_000
MAX_MESSAGE_BYTES = 16 << 20
TAKEN = b"taken\n"
ACTIVATION_TOKENS = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")
"""By these the desktop lets the other window come forward although another program has the focus."""


class OpenRequest(msgspec.Struct, frozen=True):
    """What a second start asks of the first: show yourself, and open these (`os.fsencode(path)`)."""

    paths: tuple[bytes, ...] = ()
    activation: dict[str, str] = {}


class SingleInstance(QObject):
    """The place where a window of a library is found. `claim` once, before anything of the library is opened."""

    openRequested = Signal(object)
    """Paths that another start was given, list of pathlib.Path, perhaps none: then the window only comes forward."""

    def __init__(self, library: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._server: QLocalServer | None = None

    def claim(self, paths: Sequence[Path]) -> bool:
        """True when this process is the one that opens the window; False when another has taken over the paths.

        Where neither can be found out, or the other window does not answer, this process goes on by itself.
        """
        try:
            address = address_of(self._library)
        except OSError as error:
            log.warning("A second start will open a second window: %s", error)
            return True
        lock = QLockFile(f"{address}.lock") if sys.platform != "win32" else QLockFile(_lock_path(self._library))
        lock.tryLock(LOCK_MS)  # two starts at once: one of them is first
        try:
            if hand_over(address, paths, os.environ):
                return False
            self._listen(address)
        finally:
            lock.unlock()
        return True

    def close(self) -> None:
        """No longer found."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _listen(self, address: str) -> None:
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._connected)
        if not server.listen(address):
            QLocalServer.removeServer(address)  # of a window that was killed
            if not server.listen(address):
                log.warning("A second start will open a second window: %s", server.errorString())
                return
        self._server = server

    @Slot()
    def _connected(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._read)
            socket.disconnected.connect(socket.deleteLater)
            self._read_from(socket)

    @Slot()
    def _read(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read_from(socket)

    def _read_from(self, socket: QLocalSocket) -> None:
        """One line a request; it stays in the socket until it is whole."""
        if not socket.canReadLine():
            if socket.bytesAvailable() > MAX_MESSAGE_BYTES:
                socket.abort()
            return
        line = bytes(socket.readLine().data())
        try:
            request = msgspec.json.decode(line, type=OpenRequest)
        except msgspec.DecodeError as error:
            log.warning("Another start said something unexpected: %s", error)
            socket.abort()
            return
        socket.write(TAKEN)
        socket.flush()
        for name, token in request.activation.items():
            if name in ACTIVATION_TOKENS:
                os.environ[name] = token
        self.openRequested.emit([Path(os.fsdecode(path)) for path in request.paths])


def hand_over(address: str, paths: Sequence[Path], environ: Mapping[str, str]) -> bool:
    """Ask the window that listens there to open these; True when it has taken them."""
    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(CONNECT_MS):
        return False
    activation = {name: environ[name] for name in ACTIVATION_TOKENS if environ.get(name)}
    request = OpenRequest(tuple(os.fsencode(path) for path in paths), activation)
    socket.write(msgspec.json.encode(request) + b"\n")
    answer = b""
    while not answer.endswith(b"\n") and socket.waitForReadyRead(ANSWER_MS):
        answer += bytes(socket.readAll().data())
    socket.close()
    if answer != TAKEN:
        log.warning("The window that is open does not answer")
    return answer == TAKEN


def address_of(library: Path) -> str:
    """Where the window of a library listens: known to this user alone. Raises OSError."""
    if sys.platform == "win32":
        return f"pemr-desktop-{_key(library)}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = Path(runtime) if runtime else Path(tempfile.gettempdir()) / f"pemr-desktop-{os.getuid()}"
    make_private_folder(folder)
    status = folder.stat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise PermissionError(f"{folder} is open to others")
    return str(folder / f"pemr-desktop-{_key(library)}")


def _lock_path(library: Path) -> str:
    return str(Path(tempfile.gettempdir()) / f"pemr-desktop-{_key(library)}.lock")


def _key(library: Path) -> str:
    """Short: the whole name of a socket has a hundred bytes."""
    return hashlib.sha256(os.fsencode(Path(os.path.realpath(library)))).hexdigest()[:16]

"""21 hours of free music from the packages of a Debian system, split by soundtrack into training and validation.

The packages are downloaded and unpacked, never installed. Every file is checked against its digest, so that two people
who fetch the corpus train on the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import logging
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from pemr.durable_files import replace_whole
from pemr.errors import CorpusError

log = logging.getLogger(__name__)

Split = Literal["train", "validation"]


class CorpusTrack(msgspec.Struct, frozen=True):
    """One file of the corpus. `member`: its path in the package; behind `!`: in a zip archive of the package."""

    package: str
    member: str
    duration_s: float
    split: Split
    sha256: str

    def target(self) -> PurePosixPath:
        """Where the file lies below the corpus folder: split, package, then the path without its common top folders."""
        inside = self.member.partition("!")[2] or self.member
        return PurePosixPath(self.split, self.package, inside.removeprefix("usr/share/").removeprefix("games/"))


class FetchReport(msgspec.Struct, frozen=True):
    """What a fetch did: tracks that were there already, tracks brought, and what is wrong with the rest."""

    present: int
    fetched: int
    faults: tuple[str, ...]


def corpus_tracks() -> list[CorpusTrack]:
    """The list of the corpus, in order."""
    text = files("pemr.datasets").joinpath("free_game_music.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rows = [line.split("\t") for line in lines[1:]]
    return [
        msgspec.convert(
            {"package": package, "member": member, "duration_s": float(seconds), "split": split, "sha256": sha256},
            CorpusTrack,
        )
        for package, member, seconds, split, sha256 in rows
    ]


def fetch(
    folder: Path,
    *,
    tracks: Iterable[CorpusTrack] | None = None,
    said: Callable[[str], None] = log.info,
) -> FetchReport:
    """Bring the corpus into `folder`/{train,validation}/PACKAGE/…, with LICENCES/PACKAGE.txt beside it.

    Files that are there with the right digest are kept, so an interrupted fetch goes on where it stopped.
    Raises CorpusError where the machine lacks `apt-get` and `dpkg-deb`, or a package cannot be had.
    """
    wanted: dict[str, list[CorpusTrack]] = {}
    present = 0
    for track in corpus_tracks() if tracks is None else tracks:
        if _digest_of(folder / track.target()) == track.sha256:
            present += 1
        else:
            wanted.setdefault(track.package, []).append(track)
    fetched = 0
    faults: list[str] = []
    if wanted:
        _require_tools()
    for number, (package, missing) in enumerate(sorted(wanted.items()), 1):
        said(f"{package} ({number} of {len(wanted)} packages)")
        with tempfile.TemporaryDirectory(prefix="pemr-corpus-") as scratch:
            archive = download_package(package, Path(scratch))
            unpacked = _unpack(archive, folder, missing)
        fetched += len(unpacked)
        faults += [
            f"{track.package}: {track.member} is not in the package" for track in missing if track not in unpacked
        ]
    faults += [fault for track in _all(wanted) if (fault := _fault(folder, track))]
    return FetchReport(present, fetched, tuple(dict.fromkeys(faults)))


def _all(wanted: dict[str, list[CorpusTrack]]) -> Iterator[CorpusTrack]:
    for missing in wanted.values():
        yield from missing


def _require_tools() -> None:
    lacking = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if lacking:
        raise CorpusError(
            f"The free game music comes in Debian packages, and this system has no {' and no '.join(lacking)}. "
            "Run the command on Debian 12 or a system made from it (a container will do) and copy the folder over. "
            "Nothing was changed."
        )


def download_package(package: str, scratch: Path) -> Path:
    """The package as a file in `scratch`. It is not installed."""
    command = ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    archives = list(scratch.glob("*.deb"))
    if done.returncode != 0 or not archives:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CorpusError(
            f"The package {package} could not be downloaded: {reason}. What was brought before is kept; "
            "run `apt-get update` and the command again to go on."
        )
    return archives[0]


def _unpack(archive: Path, folder: Path, tracks: list[CorpusTrack]) -> list[CorpusTrack]:
    """Write the wanted members of a package and its copyright file; nothing else of it touches the disk."""
    plain = {track.member: track for track in tracks if "!" not in track.member}
    zipped = [track for track in tracks if "!" in track.member]
    package = tracks[0].package
    done: list[CorpusTrack] = []
    with (
        subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as members,
    ):
        for member in members:
            name = member.name.removeprefix("./")
            content = members.extractfile(member) if member.isreg() else None
            if content is None:
                continue
            if name in plain:
                _write(folder / plain[name].target(), content.read())
                done.append(plain[name])
            elif name == f"usr/share/doc/{package}/copyright":
                _write(folder / "LICENCES" / f"{package}.txt", content.read())
            elif inside := [t for t in zipped if PurePosixPath(name).match(t.member.partition("!")[0])]:
                done += _unzip(content.read(), folder, inside)
    if process.returncode != 0:
        raise CorpusError(f"{archive.name} could not be unpacked: dpkg-deb gave up with status {process.returncode}.")
    return done


def _unzip(content: bytes, folder: Path, tracks: list[CorpusTrack]) -> list[CorpusTrack]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        found = [track for track in tracks if track.member.partition("!")[2] in names]
        for track in found:
            _write(folder / track.target(), archive.read(track.member.partition("!")[2]))
    return found


def _write(path: Path, content: bytes) -> None:
    """A file is there whole or not at all."""
    try:
        replace_whole(path, content)
    except OSError as error:
        raise CorpusError(
            f"{path} could not be written: {error.strerror}. The tracks brought so far are kept."
        ) from error


def _digest_of(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fault(folder: Path, track: CorpusTrack) -> str | None:
    path = folder / track.target()
    digest = _digest_of(path)
    if digest is None or digest == track.sha256:
        return None
    return f"{path} differs from the listed digest: the package has another version of it"

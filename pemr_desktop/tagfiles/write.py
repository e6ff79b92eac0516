"""Writing a plan into a file so that no byte of sound changes, nothing is lost, and all of it can be undone.

clone -> edit the clone -> sync -> prove it -> owner, permissions, attributes -> atomic replace -> sync the folder.
Whatever goes wrong before the replace leaves the file exactly as it was.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pemr.durable_files import put_in_place, sync_file
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.clone import clone_path, copy_ownership, make_clone, pour_into
from pemr_desktop.tagfiles.code_pages import find_page
from pemr_desktop.tagfiles.containers.side_chunks import side_content
from pemr_desktop.tagfiles.diff import resolve
from pemr_desktop.tagfiles.digest import audio_digest_of, whole_digest
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.identity import FileIdentity, identity, is_protected, told_when_changed
from pemr_desktop.tagfiles.opening import open_tags
from pemr_desktop.tagfiles.plan import ExchangeMethod, FilePlan, HardLinks
from pemr_desktop.tagfiles.read import open_ordinary
from pemr_desktop.tagfiles.recoding import recoded_units, seen_changes
from pemr_desktop.tagfiles.reverse_patch import follow_recipe, make_recipe
from pemr_desktop.tagfiles.rewriting import prove, rewrite, takes_out
from pemr_desktop.tagfiles.splices import splice_file

log = logging.getLogger(__name__)


class SoundProof(msgspec.Struct, frozen=True):
    """The file in the state `after` has to the byte the sound of the file in the state `before`."""

    before: FileIdentity
    after: FileIdentity


class WriteOutcome(msgspec.Struct, frozen=True):
    """What a write did. Digests are of whole files; `restore` turns the file after into the file before."""

    before_digest: bytes
    after_digest: bytes
    restore: bytes | None
    method: ExchangeMethod
    sound: SoundProof | None = None


class Milestones(msgspec.Struct, frozen=True):
    """Whom to tell how far a write is, so that a crash can be settled by what is known and not by a guess.

    `proven`: the copy is proven and is about to take the file's place. `pouring`: the next byte goes into the file
    itself. The write goes on when the call returns; an error of it ends the write before the file is touched.
    """

    proven: Callable[[WriteOutcome], None] = lambda outcome: None
    pouring: Callable[[], None] = lambda: None


def apply_plan(
    plan: FilePlan,
    *,
    clone: Path | None = None,
    keep_times: bool = False,
    hard_links: HardLinks = "refuse",
    options: SaveOptions = SaveOptions(),  # noqa: B008 - frozen
    milestones: Milestones = Milestones(),  # noqa: B008 - frozen
) -> WriteOutcome | None:
    """Write exactly this plan. None when there was nothing to write: then nothing is opened for writing.

    `milestones` are for the journal, which notes what it needs to tell later what happened. Raises TagReadError and
    WriteRefused; then the file is as it was.
    """
    if not plan.changes:
        return None
    path = Path(os.fsdecode(plan.path))
    exchange = _exchange(path, plan.identity, clone, keep_times, hard_links, milestones)
    with exchange as copy, told_when_changed(path, plan.identity):
        _edit(path, copy, plan, options)
    return copy.outcome


def restore_bytes(
    path: Path,
    recipe: bytes,
    wanted_digest: bytes,
    *,
    clone: Path | None = None,
    keep_times: bool = False,
    hard_links: HardLinks = "refuse",
    milestones: Milestones = Milestones(),  # noqa: B008 - frozen
) -> WriteOutcome:
    """Bring back the file that a recipe describes, to the byte. Raises TagReadError and WriteRefused."""
    path = resolve(path)
    with _exchange(path, identity(path), clone, keep_times, hard_links, milestones) as copy:
        try:
            with path.open("rb") as after, copy.path.open("wb") as target:
                follow_recipe(recipe, after, target)
        except (ValueError, msgspec.MsgspecError) as error:
            raise WriteRefused(path, "earlier state lost") from error
        with copy.path.open("rb") as stream:
            if whole_digest(stream) != wanted_digest:
                raise WriteRefused(path, "earlier state lost")
    assert copy.outcome is not None
    return copy.outcome


class _Copy:
    """The clone while it is edited; `outcome` is set once it is proven."""

    def __init__(self, path: Path, before_digest: bytes, audio: bytes) -> None:
        self.path = path
        self.before_digest = before_digest
        self.audio = audio
        self.outcome: WriteOutcome | None = None


@contextmanager
def _exchange(
    path: Path,
    expected: FileIdentity,
    clone: Path | None,
    keep_times: bool,
    hard_links: HardLinks,
    milestones: Milestones,
) -> Iterator[_Copy]:
    """Clone, let the body edit the clone, prove the sound unchanged, and exchange. Cleans up whatever happens."""
    _check_unchanged(path, expected)
    status = path.stat()
    links = status.st_nlink
    if is_protected(status):
        raise WriteRefused(path, "file left untouched", reason=refusal("write protected"))
    if links > 1 and hard_links == "refuse":
        raise WriteRefused(path, "hard links", count=str(links))
    part = clone or clone_path(path)
    pouring = False
    try:
        make_clone(path, part)
        with part.open("rb") as stream:
            copy = _Copy(part, whole_digest(stream), audio_digest_of(stream))
        yield copy
        sync_file(part)
        with part.open("rb") as stream:
            if audio_digest_of(stream) != copy.audio:
                raise WriteRefused(path, "sound would change")
            after_digest = whole_digest(stream)
        method: ExchangeMethod = "in place" if links > 1 and hard_links == "in place" else "replace"
        outcome = WriteOutcome(copy.before_digest, after_digest, make_recipe(path, part), method)
        copy_ownership(path, part, keep_times=keep_times)
        milestones.proven(outcome)
        _check_unchanged(path, expected)
        if method == "in place":
            milestones.pouring()
            pouring = True
            pour_into(part, path, keep_times=keep_times)
            after = identity(path)
        else:
            after = identity(part)
            put_in_place(part, path)
        copy.outcome = msgspec.structs.replace(outcome, sound=SoundProof(expected, after))
    except OSError as error:
        if pouring:
            raise WriteRefused(path, "write interrupted", reason=system_reason(error)) from error
        raise WriteRefused(path, _why_not_exchanged(error)) from error
    finally:
        if not pouring:
            _remove(part)


def _remove(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError as error:
        log.warning("The working copy %s could not be removed: %s", part, error)


def _why_not_exchanged(error: OSError) -> Refusal:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return refusal("no room for copy")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return refusal("folder cannot be written")
    return refusal("file left untouched", reason=system_reason(error))


def _check_unchanged(path: Path, expected: FileIdentity) -> None:
    """A plan holds the real place of a file, so that a link there was put in its stead."""
    if path.is_symlink() or identity(path) != expected:
        raise WriteRefused(path, "changed since planned")


def _edit(path: Path, copy: _Copy, plan: FilePlan, options: SaveOptions) -> None:
    """Edit the clone, then read it again as a stranger would and prove that only the plan was carried out."""
    changes, page = plan.changes, find_page(plan.code_page) if plan.code_page else None
    with open_ordinary(copy.path) as (stream, _):
        opened = open_tags(stream, copy.path)
        if opened.kind is None:
            raise WriteRefused(path, "no place for tags", format=opened.format)
        for change in changes if page is None else seen_changes(opened, changes):
            if opened.fields.get(change.field, ()) != change.before:
                raise WriteRefused(path, "field changed since planned", field=change.field)
        splices = rewrite(opened, stream, path, changes, options, page)
        units = None if page is None else recoded_units(opened, changes, page, options)
        but_texts = takes_out(opened, changes)
        before_side = side_content(stream, opened.container, but_texts=but_texts)
    splice_file(copy.path, path, splices)
    with open_ordinary(copy.path) as (stream, _):
        prove(opened, stream, path, changes, units)
        if side_content(stream, opened.container, but_texts=but_texts) != before_side:
            raise WriteRefused(path, "other data would change")

"""The plan of a change of code page, and what there is to choose one for."""

from __future__ import annotations

from pathlib import Path

from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.tagfiles.code_pages import CodePage, LegacyText
from pemr_desktop.tagfiles.diff import dry_run
from pemr_desktop.tagfiles.errors import WriteRefused
from pemr_desktop.tagfiles.formats.tag_format import SaveOptions
from pemr_desktop.tagfiles.opening import Opened, open_tags
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan, HardLinks
from pemr_desktop.tagfiles.read import open_ordinary
from pemr_desktop.tagfiles.recoding import legacy_texts, recoding


def read_legacy_texts(path: Path) -> tuple[LegacyText, ...]:
    """The texts of a file that are in no Unicode encoding. Raises TagReadError."""
    with open_ordinary(path) as (stream, _):
        return legacy_texts(open_tags(stream, path))


def plan_recoding(
    track_id: int,
    path: Path,
    page: CodePage,
    *,
    hard_links: HardLinks = "refuse",
    options: SaveOptions = SaveOptions(),  # noqa: B008 - frozen
) -> FilePlan:
    """What a file says if its texts that are in no Unicode encoding are in this page; no changes where it has none.

    A text that cannot be in that page stays as it is, and is named. Raises TagReadError and WriteRefused.
    """

    def changes_of(opened: Opened, real: Path, said: list[Refusal]) -> tuple[FieldChange, ...]:
        found = recoding(opened, page, options)
        if not found.left:
            return found.changes
        why = refusal("not in code page", page=page.label, fields=", ".join(found.left))
        if not found.changes:
            raise WriteRefused(real, why)
        said.append(why)
        return found.changes

    return dry_run(track_id, path, changes_of, hard_links, options, page)

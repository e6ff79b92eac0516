"""What jobs are called in front of the user."""

from __future__ import annotations

from typing import get_args

import pytest

from pemr_desktop.jobs.titles import title
from pemr_desktop.protocol import messages as m

EXAMPLES = {
    m.AddFolders: m.AddFolders((b"/home/me/Music",)),
    m.RemoveRoot: m.RemoveRoot(1),
    m.Decide: m.Decide((1,), ("jazz",), "accepted"),
    m.AcceptAbove: m.AcceptAbove(0.8),
    m.PlanEdits: m.PlanEdits({}),
    m.FindLegacyTexts: m.FindLegacyTexts((1,)),
    m.PlanRecoding: m.PlanRecoding((1,), "cp1251"),
    m.ApplyWrites: m.ApplyWrites(()),
    m.Undo: m.Undo(1),
    m.MoreLikeThis: m.MoreLikeThis((1,)),
    m.JudgeVersion: m.JudgeVersion(1, 2, "version"),
    m.ActivateModel: m.ActivateModel(b"/m.safetensors"),
    m.SavePlaylist: m.SavePlaylist("Dinner", ()),
    m.ImportPlaylist: m.ImportPlaylist(b"/lists/old.m3u"),
    m.DeletePlaylist: m.DeletePlaylist(1),
}


@pytest.mark.parametrize("kind", get_args(m.AnyRequest), ids=lambda kind: kind.__name__)
def test_every_job_has_a_title_in_plain_words(kind: type[m.Request]) -> None:
    said = title(EXAMPLES.get(kind) or kind())
    assert said and said != kind.__name__ and "{" not in said


def test_titles_name_what_they_are_about() -> None:
    assert title(m.AddFolders((b"/home/me/Music/",))) == "Scanning Music"
    assert title(m.FindCovers(path=b"/tmp/caf\xe9.mp3")) == "Finding covers of caf\ufffd.mp3"
    assert title(m.Analyse(tuple(range(312)))) == "Listening to 312 tracks"
    assert title(m.Analyse((1,))) == "Listening to a track"
    assert title(m.AddFolders((b"/a", b"/b"))) == "Scanning 2 folders"

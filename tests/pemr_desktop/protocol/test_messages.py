"""What window and worker say survives the way through a line of JSON."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from pemr_desktop.library.rows import Recovery
from pemr_desktop.protocol import messages as m
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.steps import Step
from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan

RAW_NAME = b"/music/caf\xe9 \xff.mp3"
PLAN = FilePlan(
    7,
    RAW_NAME,
    FileIdentity(1, 2**62, 3),
    (FieldChange("genre", ("Jazz",), ("Jazz", "Bop")),),
    (refusal("write protected"),),
)
REQUESTS = [
    m.AddFolders((RAW_NAME, b"/b")),
    m.AddFolders((RAW_NAME,), again=True),
    m.Scan((1,)),
    m.Scan((1,), again=True),
    m.RemoveRoot(2),
    m.Analyse((1, 2), again=True),
    m.Decide((1,), ("jazz",), "accepted"),
    m.AcceptAbove(0.8),
    m.PlanWrites((4,), "break"),
    m.PlanEdits({3: {"title": ("New",), "genre": ()}}),
    m.FindLegacyTexts((1, 2)),
    m.PlanRecoding((1,), "cp1251", "break"),
    m.ApplyWrites((PLAN,)),
    m.Undo(5, (1, 2)),
    m.FindCovers(path=RAW_NAME),
    m.MoreLikeThis((1, 2)),
    m.FindAllVersions(),
    m.CheckCovers(),
    m.FitCoverSearch(dry_run=True),
    m.ResetCoverSearch(),
    m.JudgeVersion(1, 2, "undecided"),
    m.ActivateModel(RAW_NAME),
    m.TuneTags(listen=False, dry_run=True),
    m.UntuneTags(),
    m.SavePlaylist("Ünïcode", (3, 1)),
    m.ImportPlaylist(RAW_NAME),
    m.DeletePlaylist(1),
]
EVENTS = [
    m.Ready(1, "0123", refusal("library in use", library="/x"), Recovery(1, 2)),
    m.Started(1),
    m.Progress(1, 2, 3, 4.5, Step("listening", "a tune"), m.Changed((1, 2), problems=True)),
    m.PutBack(1, m.Changed((1, 2))),
    m.Finished(1, m.Changed(everything=True), msgspec.Raw(b'{"written":1}')),
    m.Cancelled(1, m.Changed(), "waiting", msgspec.Raw(b"{}")),
    m.Failed(1, Refusal("It failed.", "code", {"value": "1"}), "Traceback …\nline"),
]


def test_there_is_an_example_of_every_message() -> None:
    assert {type(request) for request in REQUESTS} == set(get_args(m.AnyRequest))
    assert {type(event) for event in EVENTS} == set(get_args(m.Event))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_every_request_survives_the_way_to_the_worker(request_: m.AnyRequest) -> None:
    line = msgspec.json.encode(m.Start(9, request_))
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=m.Command) == m.Start(9, request_)


@pytest.mark.parametrize("command", [m.Cancel(3), m.Quit()])
def test_every_other_command_survives(command: m.Command) -> None:
    assert msgspec.json.decode(msgspec.json.encode(command), type=m.Command) == command


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_survives_the_way_to_the_window(event: m.Event) -> None:
    line = msgspec.json.encode(event)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=m.Event) == event


def test_a_file_name_in_raw_bytes_is_the_same_file_on_the_other_side() -> None:
    sent = msgspec.json.encode(m.Start(1, m.FindCovers(path=RAW_NAME)))
    received = msgspec.json.decode(sent, type=m.Command)
    assert isinstance(received, m.Start) and isinstance(received.request, m.FindCovers)
    assert received.request.path is not None
    assert os.fsencode(Path(os.fsdecode(received.request.path))) == RAW_NAME


def test_a_file_name_in_raw_bytes_does_not_stop_an_event_that_names_it() -> None:
    heard = m.Progress(1, 3, 8, None, Step("listened", os.fsdecode(b"caf\xe9")))
    sent = msgspec.json.decode(m.encode(heard), type=m.Event)
    assert sent == m.Progress(1, 3, 8, None, Step("listened", "caf\ufffd"))

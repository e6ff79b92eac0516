"""A failed test whose words hold a file name that is no Unicode ends neither its worker nor the run."""

from __future__ import annotations

from sendable_reports import sendable


def test_lone_surrogates_are_escaped_at_any_depth_and_nothing_else_changes() -> None:
    report = {"nodeid": "a", "sections": [("log", "Caf\udce9 – ü")], "longrepr": None, "duration": 0.5}
    assert sendable(report) == {
        "nodeid": "a",
        "sections": [("log", "Caf\\udce9 – ü")],
        "longrepr": None,
        "duration": 0.5,
    }

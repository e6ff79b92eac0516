"""A window that died says so at the next start, in a report a person can copy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.window.crash_report import CrashReportDialog, CrashWatch

DIES = """
import sys, ctypes
from pathlib import Path
from pemr_desktop.ui.window.crash_report import CrashWatch
CrashWatch(Path(sys.argv[1])).start()
ctypes.string_at(0)
"""


def test_a_run_that_ends_well_leaves_no_report(tmp_path: Path) -> None:
    watch = CrashWatch(tmp_path)
    assert watch.start() is None
    watch.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "window.log").write_text("the last thing that happened\n")
    died = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], capture_output=True, check=False)
    assert died.returncode != 0
    watch = CrashWatch(tmp_path)
    report = watch.start()
    watch.stop()
    assert report is not None
    assert "Segmentation fault" in report or "access violation" in report
    assert "the last thing that happened" in report
    again = CrashWatch(tmp_path)
    assert again.start() is None
    again.stop()


def test_an_error_nobody_caught_is_written_down(tmp_path: Path) -> None:
    watch = CrashWatch(tmp_path)
    watch.start()
    try:
        raise ValueError("the moon is full")
    except ValueError as error:
        watch._hook = lambda *_: None
        watch._caught(ValueError, error, error.__traceback__)
    watch.stop()
    report = CrashWatch(tmp_path)._earlier_report()
    assert report is not None and "the moon is full" in report


def test_the_report_can_be_copied(qtbot: QtBot) -> None:
    dialog = CrashReportDialog("what went wrong")
    dialog.show()
    dialog.findChild(QPushButton, "copyReport").click()
    assert QGuiApplication.clipboard().text() == "what went wrong"
    dialog.reject()

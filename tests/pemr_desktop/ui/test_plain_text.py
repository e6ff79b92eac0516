"""Untrusted text is shown as text: no label, tooltip or dialog takes it for markup, and no file that it names is
opened by the window."""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QInputDialog, QLabel, QToolTip, QWidget
from pytestqt.qtbot import QtBot

import pemr_desktop.ui
from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.refusals import Refusal
from pemr_desktop.tagfiles.identity import FileIdentity
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.tags.review_model import ReviewModel
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import LONGEST_TIP, HtmlLabel, Label, tip
from pemr_desktop.ui.widgets.message_box import MessageBox
from pemr_desktop.ui.window.pages import NAMES

HERE = Path(pemr_desktop.ui.__file__).parent
MAKERS = {HERE / "widgets" / name for name in ("label.py", "message_box.py", "prepared_text.py")}
GUESSING = {
    "QLabel",
    "QStaticText",
    "QMessageBox",
    "QTextEdit",
    "QTextBrowser",
    "QErrorMessage",
    "QWhatsThis",
    "QSplashScreen",
}
"""What takes text that looks like markup for markup."""


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.py")), ids=lambda path: path.name)
def test_nothing_that_guesses_rich_text_is_made_outside_its_maker(path: Path) -> None:
    if path in MAKERS:
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            name = called.id if isinstance(called, ast.Name) else ""
            assert name not in GUESSING, f"line {node.lineno}: make a Label or a MessageBox instead of a {name}"
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            assert method not in ("setTextFormat", "setHtml"), f"line {node.lineno}: only HtmlLabel shows markup"
            assert method != "addRow" or len(node.args) < 2, f"line {node.lineno}: make the row with add_named"
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            assert not bases & GUESSING, f"line {node.lineno}: derive from Label"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A file that nobody may open: whoever reads it waits for ever, and is seen to wait."""
    if os.name == "nt":
        pytest.skip("needs a named pipe")
    path = tmp_path / "p"
    os.mkfifo(path)
    yield path
    with pytest.raises(OSError) as refused:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    assert refused.value.errno == errno.ENXIO, "somebody opened it"


@pytest.fixture
def markup(pipe: Path) -> str:
    """Looks like markup, and names the pipe."""
    return f'<b>zz</b> <img src="{pipe}"> <img src="/dev/zero">'


@pytest.fixture
def marked_app(
    paths: Paths, tmp_path: Path, markup: str, make_audio: Callable[..., Path], request: pytest.FixtureRequest
) -> App:
    """The application over a library in which everything that has a name is named so."""
    folder = tmp_path / "<b>music</b><img src=x>" / "<i>album</i>"
    for number in range(3):
        tags = {"title": f"{number} {markup}", "artist": markup, "album": markup, "genre": markup, "date": "1999"}
        make_audio(folder / f"{number} <img src=x><b>.flac", seconds=1, seed=number, tags=tags)
    with open_library(paths.library_file) as library:
        library.add_root(folder.parent)
        library.scan()
        model = ModelInfo("0123456789abcdef", markup, tmp_path / "<b>ear</b>.safetensors", 4, ())
        library.register_model(model)
        library.activate_model(model.id)
        ids = library.read(queries.track_ids)
        library.save_playlist(markup, ids)
        for stage in ("scan", "write"):
            library.record_problem(folder / "0 <img src=x><b>.flac", stage, Refusal(markup), track_id=ids[0])
        library.apply_writes(library.plan_edits({ids[0]: {"genre": [f"{markup} 2"]}}).plans)
    made = request.getfixturevalue("app")
    assert isinstance(made, App)
    return made


def test_the_whole_window_shows_markup_as_text(qtbot: QtBot, marked_app: App, markup: str) -> None:
    window = marked_app.window
    qtbot.waitUntil(lambda: len(window.page.model.ids) == 3)
    for notice in (Notice(markup, "bad", details=markup), Notice(markup, "info", action_text=markup)):
        window.context.notices.post(notice)
    window.page.table.selectRow(0)
    qtbot.waitUntil(lambda: markup in window.inspector.title.text())
    read = show_all(window)
    for name in (*NAMES, "all"):
        window.view.go(name)
        qtbot.waitUntil(marked_app.reader.idle)
        read |= show_all(window)
    sidebar = window.sidebar
    for view in sidebar.findChildren(QAbstractItemView):
        view.expandAll() if hasattr(view, "expandAll") else None
    qtbot.waitUntil(marked_app.reader.idle)
    read |= show_all(window)
    assert sum("<img" in text for text in read) > 10, "the walk did not come to untrusted input"


def show_all(window: QWidget) -> set[str]:
    """Draw everything below a window, and every tooltip of it -> all texts that were looked at."""
    window.grab()
    read = {check_label(label) for label in window.findChildren(QLabel)}
    for text in [widget.toolTip() for widget in window.findChildren(QWidget) if widget.toolTip()]:
        read.add(show_tip(window, text))
    for view in window.findChildren(QAbstractItemView):
        if view.model() is not None:
            read |= {show_tip(window, text) for text in list(tips_of(view, QModelIndex()))}
    return read


def check_label(label: QLabel) -> str:
    if isinstance(label, HtmlLabel):
        assert "<img" not in label.text()
    else:
        assert label.textFormat() == Qt.TextFormat.PlainText, f"{label.objectName()}: {label.text()}"
    return label.text()


def tips_of(view: QAbstractItemView, parent: QModelIndex) -> Iterator[str]:
    model = view.model()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)  # private in lists
    for row in range(min(model.rowCount(parent), 30)):
        for column in range(columns):
            index = model.index(row, column, parent)
            if text := index.data(Qt.ItemDataRole.ToolTipRole):
                yield text
        yield from tips_of(view, model.index(row, 0, parent))


def show_tip(widget: QWidget, text: str) -> str:
    """Show a tooltip as Qt does, drawn."""
    QToolTip.showText(QPoint(5, 5), text, widget)
    shown = [each for each in QApplication.topLevelWidgets() if each.metaObject().className() == "QTipLabel"]
    for label in shown:
        assert isinstance(label, QLabel)
        assert label.textFormat() == Qt.TextFormat.PlainText
        label.grab()
    QToolTip.hideText()
    return text


def test_dialogs_show_markup_as_text(qtbot: QtBot, app: App, markup: str) -> None:
    box = MessageBox(markup, markup, app.window)
    asked = QInputDialog(app.window)
    asked.setLabelText(markup)
    for dialog in (box, asked):
        dialog.show()
        qtbot.waitExposed(dialog)
        dialog.grab()
        labels = [label for label in dialog.findChildren(QLabel) if label.text() == markup]
        assert labels and all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
        dialog.close()
        dialog.deleteLater()


def test_the_review_and_an_empty_page_show_markup_as_text(app: App, markup: str) -> None:
    model = ReviewModel(app.window)
    change = FieldChange("genre", (markup,), (f"{markup} 2",))
    model.set_plans(
        [FilePlan(1, markup.encode(), FileIdentity(1, 1, 1), (change,), (Refusal(markup),))], {markup: markup}
    )
    for row in range(model.rowCount()):
        show_tip(app.window, model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole))
    state = EmptyState(app.theme, app.window)
    state.headline.setText(markup)
    state.sentence.setText(markup)
    state.grab()
    assert {check_label(label) for label in state.findChildren(QLabel)} >= {markup}


def test_a_label_keeps_what_looks_like_markup(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    for label in (Label("<b>a</b>", host), Label(host)):
        label.setText("<b>a</b>")
        assert label.sizeHint().width() > label.fontMetrics().horizontalAdvance("<b>a")


def test_a_tooltip_of_any_length_fits_the_screen() -> None:
    lines = tip("word " * 20_000).splitlines()
    assert max(map(len, lines)) <= 90
    assert sum(map(len, lines)) <= LONGEST_TIP
    assert tip("two\nlines") == "two\nlines"

"""Pictures of the real window on real music, for the README and for looking at it with a critical eye.

    python tests/end_to_end/screenshots.py --out DIR [--music DIR] [--scheme light|dark] [--only NAME ...]

Runs the real application with a home of its own, on copies of the music (by default the demo library), and never on
the originals. Without a display it uses Qt's offscreen platform. QT_SCALE_FACTOR=2 gives pictures for sharp screens.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 600.0
TRAINING_STEPS = 60


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--music", type=Path)
    parser.add_argument("--home", type=Path, help="keep the library here and use it again")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", default="1320x820")
    parser.add_argument("--only", nargs="*", default=[])
    return parser.parse_args(arguments)


@contextmanager
def running_app(home: Path, scheme: str, size: tuple[int, int]) -> Iterator[object]:
    """The application, started and taken down as `main` does it."""
    from PySide6.QtWidgets import QApplication

    from pemr_desktop.app import App
    from pemr_desktop.paths import below

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    app = App(application, below(home).create())
    app.settings.set("appearance.scheme", scheme)
    app.window.resize(*size)
    app.start()
    try:
        yield app
    finally:
        app.stop()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Let Qt work until a state is reached."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + PATIENCE_S
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
        if time.monotonic() > end:
            raise TimeoutError(f"Waited in vain: {what}")


def settled(app: object, seconds: float = 0.7) -> None:
    """Let questions to the library be answered and everything be painted."""
    until = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > until and app.reader.idle(), "a quiet reader")  # type: ignore[attr-defined]


def idle(app: object) -> bool:
    """No job is waiting or running."""
    return all(job.ended for job in app.client.jobs())  # type: ignore[attr-defined]


class Pictures:
    """Takes pictures by name, skipping those that are not asked for."""

    def __init__(self, app: object, out: Path, scheme: str, only: list[str]) -> None:
        self.app, self.out, self.scheme, self.only = app, out, scheme, only

    def wants(self, name: str) -> bool:
        """Is this picture asked for?"""
        return not self.only or name in self.only

    def take(self, name: str, widget: object | None = None) -> None:
        """Grab the window, or a dialog laid over it."""
        if not self.wants(name):
            return
        from PySide6.QtCore import QPoint
        from PySide6.QtGui import QColor, QPainter

        settled(self.app)
        window = self.app.window  # type: ignore[attr-defined]
        picture = window.grab()
        if widget is not None:
            painter = QPainter(picture)
            painter.fillRect(window.rect(), QColor(0, 0, 0, 90))
            over = widget.grab()  # type: ignore[attr-defined]
            middle = window.rect().center() - widget.rect().center()  # type: ignore[attr-defined]
            painter.drawPixmap(QPoint(max(0, middle.x()), max(0, middle.y())), over)
            painter.end()
        path = self.out / f"{name}-{self.scheme}.png"
        picture.save(str(path))
        sys.stdout.write(f"{path}\n")


def take_all(app: object, pictures: Pictures, music: Path | None) -> None:
    """The way of a first user."""
    from pemr_desktop.ui.tags.edit_tags_dialog import EditTagsDialog

    window = app.window  # type: ignore[attr-defined]
    wait_for(lambda: app.client.last_ready is not None, "the worker")  # type: ignore[attr-defined]
    settled(app)
    pictures.take("empty")
    if not window.page.model.ids:
        if music is None:
            window.library_commands.open_demo()
            wait_for(lambda: bool(app.client.jobs()), "the demo music")  # type: ignore[attr-defined]
        else:
            window.library_commands.add([music])
    wait_for(lambda: bool(window.page.model.ids), "the first rows")
    wait_for(lambda: idle(app) or any(job.done for job in app.client.jobs() if job.total), "the first tracks")  # type: ignore[attr-defined]
    pictures.take("working")
    wait_for(lambda: idle(app), "the end of all jobs")
    settled(app, 1.5)
    suggested = [row for row in map(window.page.model.track, range(min(60, len(window.page.model.ids)))) if row]
    best = max(suggested, key=lambda row: len(row.suggestions), default=None)
    if best is not None:
        window.page.table.choose_ids([best.id])
    pictures.take("library")
    window.dialogs.edit_tags(window.page.table.chosen_ids())
    edit = window.findChild(EditTagsDialog)
    settled(app)
    pictures.take("edit", edit)
    edit.reject()
    menu = window.track_commands.open_menu(window.mapToGlobal(window.rect().center()))
    pictures.take("menu", menu)
    menu.close()
    window.track_commands.play()
    wait_for(lambda: window.context.queue.current is not None, "the player")
    pictures.take("playing")
    window.context.queue.stop()
    window.page.table.selectAll()
    pictures.take("many")
    window.track_commands.accept_above_everywhere()
    wait_for(lambda: idle(app), "the decisions")
    window.top_bar.query.set_text("genre:jazz year:19xx")
    pictures.take("query-error")
    window.top_bar.query.set_text("nothing like this")
    pictures.take("no-result")
    window.top_bar.query.set_text("")
    _dialogs(app, pictures)
    for page in ("problems", "history", "training", "covers"):
        window.view.go(page)
        pictures.take(page)
    if pictures.wants("training-running"):
        _training(window, pictures)
    for notice in window.notice_bar.shown():
        window.notice_bar.withdraw(notice.key)
    for name, found in (("covers-found", True), ("covers-none", False)):
        if pictures.wants(name) and _look_for_versions(app, found=found):
            pictures.take(name)
    if pictures.wants("covers-quality"):
        _confirmed_and_checked(app)
        pictures.take("covers-quality")


def _look_for_versions(app: object, *, found: bool) -> bool:
    """Look for versions of one track after the other until one has some, or none -> whether there is such a track."""
    window = app.window  # type: ignore[attr-defined]
    window.view.go("all")
    page = window.pages.page("covers")
    for track_id in list(window.page.model.ids):
        window.context.navigation.coversWanted.emit(track_id)
        wait_for(lambda: idle(app), "the covers")
        settled(app)
        if bool(page.pane.model.rowCount()) == found:
            return True
    return False


def _confirmed_and_checked(app: object) -> None:
    """Compare everything, agree with all that was found, and let the search be checked against that."""
    from pemr_desktop.library import queries
    from pemr_desktop.protocol.messages import CheckCovers, FindAllVersions, JudgeVersion

    client, window = app.client, app.window  # type: ignore[attr-defined]
    client.submit(FindAllVersions())
    wait_for(lambda: idle(app), "all versions")
    groups: list[tuple[int, ...]] = []
    app.reader.ask(queries.cover_groups, done=lambda found: groups.extend(group.track_ids for group in found))  # type: ignore[attr-defined]
    settled(app)
    for first, *others in groups:
        for other in others:
            client.submit(JudgeVersion(first, other, "version"))
    wait_for(lambda: idle(app), "the answers")
    client.submit(CheckCovers())
    wait_for(lambda: idle(app), "the check")
    window.view.go("cover-quality")


def _training(window: object, pictures: Pictures) -> None:
    """A real training on the library, small enough for a picture."""
    from pemr_desktop.ui.training.training_panel import TrainingPanel

    window.view.go("training")  # type: ignore[attr-defined]
    panel = window.findChild(TrainingPanel)  # type: ignore[attr-defined]
    panel.form.details.further.setPlainText(
        "front_end.hop_length=512\ntrain.batch_size=6\ntrain.threads=1\n"
        "train.precision=bf16-mixed\ntrain.checkpoint_steps=20\ntrain.probe_minutes=0.1"
    )
    wait_for(panel.form.from_library.isEnabled, "the folders of the library")
    panel.form.from_library.setChecked(True)
    panel.form.start.click()
    wait_for(panel.is_training, "the trainer")

    def far_enough() -> bool:
        record = panel.run_view.record
        return record is not None and record.step is not None and record.step.step >= TRAINING_STEPS

    wait_for(lambda: far_enough() or not panel.is_training(), "the training")
    pictures.take("training-running")
    panel.stop_training()


def _dialogs(app: object, pictures: Pictures) -> None:
    from pemr_desktop.ui.tags.review_dialog import ReviewDialog
    from pemr_desktop.ui.window.command_palette import CommandPalette
    from pemr_desktop.ui.window.shortcuts_overview import ShortcutsOverview

    window = app.window  # type: ignore[attr-defined]
    window.dialogs.review([])
    review = window.findChild(ReviewDialog)
    wait_for(lambda: review.stage != "planning", "the review")
    pictures.take("review", review)
    if review.stage == "reviewing":
        review.apply.click()
        wait_for(lambda: review.stage == "ended", "the writing")
        pictures.take("written", review)
    review.reject()
    palette = CommandPalette(window.context.actions, window.context.theme, window)
    palette.show()
    pictures.take("palette", palette)
    palette.reject()
    shortcuts = ShortcutsOverview(window.context.actions, window.context.theme, window)
    shortcuts.show()
    pictures.take("shortcuts", shortcuts)
    shortcuts.reject()
    window.view.open_settings()
    dialog = next(child for child in window.children() if child.objectName() == "settingsDialog")
    pictures.take("settings", dialog)
    dialog.reject()


def main(arguments: list[str]) -> int:
    """Take the pictures."""
    options = parse(arguments)
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    options.out.mkdir(parents=True, exist_ok=True)
    home = options.home or Path(tempfile.mkdtemp(prefix="pemr-pictures-"))
    os.environ["PEMR_DESKTOP_HOME"] = str(home)
    music = None
    if options.music is not None:
        music = home / "Music"
        if not music.exists():
            shutil.copytree(options.music, music)
    width, height = (int(part) for part in options.size.split("x"))
    with running_app(home, options.scheme, (width, height)) as app:
        take_all(app, Pictures(app, options.out, options.scheme, options.only), music)
    if options.home is None:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

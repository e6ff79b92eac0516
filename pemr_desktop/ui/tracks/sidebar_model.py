"""The places of the library: views with counts, folders, facets, playlists, cover groups and pages, as one tree."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel

from pemr_desktop.library import queries
from pemr_desktop.library.rows import Facet, FolderRow
from pemr_desktop.library.views import View
from pemr_desktop.protocol.messages import Changed

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

PLACE_ROLE = Qt.ItemDataRole.UserRole + 1
REFRESH_MS = 900
AT_ONCE = 500
"""So many folders or values are shown of one place; the last line asks for as many again."""


@dataclass(frozen=True)
class Place:
    """One line of the sidebar. A heading has neither view nor page; `key` is unique and lasts across refreshes."""

    key: str
    text: str
    icon: str = ""
    view: View | None = None
    page: str = ""
    count: int | None = None
    facet: str = ""
    opens: bool = False
    """What is in it is asked for when it is opened: values of a field, or folders."""
    more_of: str = ""
    """The key of a place that holds more than is shown; this line asks for it."""
    root_id: int | None = None
    playlist_id: int | None = None
    children: tuple[Place, ...] = field(default=(), repr=False)

    @property
    def is_heading(self) -> bool:
        """A title of a section, which cannot be chosen."""
        return self.view is None and not self.page and not self.facet and not self.more_of


class SidebarModel(QStandardItemModel):
    """Keeps the tree in step with the library: items stay, their counts and children change."""

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._open: dict[str, int] = {}  # key -> how many lines at most
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REFRESH_MS)
        self._later.timeout.connect(self.refresh)
        self._put(self.invisibleRootItem(), self._sections(_Facts()))

    def place(self, index: QModelIndex | QPersistentModelIndex) -> Place | None:
        """What a line stands for."""
        found = index.data(PLACE_ROLE)
        return found if isinstance(found, Place) else None

    def find(self, key: str) -> QModelIndex:
        """The line of a key; an invalid index when there is none."""
        item = _find(self.invisibleRootItem(), key)
        return item.index() if item is not None else QModelIndex()

    @Slot()
    def refresh(self) -> None:
        """Ask for counts, roots, playlists, groups, and for what is in the places that are open."""
        self._later.stop()
        self._reader.ask(_facts, done=self._take_facts, failed=self._nothing, topic=(id(self), "facts"))
        for key in self._open:
            self._ask(key)

    def take_change(self, changed: Changed) -> None:
        """Something changed; refresh soon, but not for every file."""
        if changed != Changed() and not self._later.isActive():
            self._later.start()

    def open(self, place: Place) -> None:
        """What is in it is wanted."""
        if place.opens:
            self._open.setdefault(place.key, AT_ONCE)
            self._ask(place.key)

    def close(self, place: Place) -> None:
        """Nobody looks at what is in it now."""
        self._open.pop(place.key, None)

    def more(self, key: str) -> None:
        """Show more of what is in an open place."""
        if key in self._open:
            self._open[key] += AT_ONCE
            self._ask(key)

    def hasChildren(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> bool:  # noqa: B008
        """A place can be opened before it is known what is in it."""
        place = self.place(parent) if parent.isValid() else None
        return bool(place is not None and place.opens) or super().hasChildren(parent)

    def _ask(self, key: str) -> None:
        place = self.place(self.find(key))
        if place is None:
            del self._open[key]
            return
        self._reader.ask(
            _inside, place, self._open[key], done=self._take_inside, failed=self._nothing, topic=(id(self), key)
        )

    def _take_inside(self, answer: tuple[str, list[Place], bool]) -> None:
        key, found, is_whole = answer
        item = _find(self.invisibleRootItem(), key)
        if item is None:
            return
        places = [item if item.text else replace(item, text=self.tr("(none)")) for item in found]
        if not is_whole:
            places.append(Place(f"{key}.more", self.tr("Show more…"), "more", more_of=key))
        self._put(item, places)

    def _take_facts(self, facts: _Facts) -> None:
        self._put(self.invisibleRootItem(), self._sections(facts))

    def _nothing(self, _error: Exception) -> None:
        """The library is not there yet: the places without counts stay."""

    # the tree

    def _sections(self, facts: _Facts) -> tuple[Place, ...]:
        counts = facts.counts
        say = self.tr
        library = (
            Place("all", say("All music"), "music", View("all"), count=_known(counts, "tracks")),
            Place("recent", say("Recently added"), "recent", View("recent")),
            Place(
                "suggested",
                say("With suggestions"),
                "suggestion",
                View("suggested"),
                count=_known(counts, "with_suggestions"),
            ),
            Place("pending", say("To be written"), "review", View("pending"), count=_known(counts, "pending_writes")),
        )
        facets = tuple(
            Place(f"facet.{name}", text, icon, facet=name, opens=True)
            for name, text, icon in (
                ("genre", say("Genres"), "tag"),
                ("mood", say("Moods"), "mood"),
                ("artist", say("Artists"), "artist"),
                ("album", say("Albums"), "album"),
                ("decade", say("Decades"), "year"),
                ("suggestion", say("Suggested tags"), "suggestion"),
                ("format", say("Formats"), "format"),
            )
        )
        care = (
            Place("duplicates", say("Duplicates"), "duplicates", View("duplicates")),
            Place("problems", say("Problems"), "warning", page="problems", count=_known(counts, "problems")),
            Place("offline", say("Offline"), "offline", View("offline"), count=_known(counts, "offline")),
            Place("history", say("History"), "history", page="history"),
        )
        covers = (
            Place("covers", say("Find covers"), "search", page="covers"),
            Place("cover-quality", say("Quality"), "check", page="cover-quality"),
            *facts.groups,
        )
        teaching = (
            Place("tuning", say("Tune tags"), "suggestion", page="tuning"),
            Place("training", say("Training"), "training", page="training"),
            Place("models", say("Models"), "model", page="models"),
        )
        sections = [
            Place("section.library", say("Library"), children=library),
            Place("section.browse", say("Browse"), children=facets),
            Place("section.folders", say("Folders"), children=facts.roots),
            Place("section.playlists", say("Playlists"), children=facts.playlists),
            Place("section.covers", say("Covers"), children=covers),
            Place("section.care", say("Care"), children=care),
            Place("section.teaching", say("Teaching"), children=teaching),
        ]
        return tuple(section for section in sections if section.children)

    def _put(self, parent: QStandardItem, places: Iterable[Place]) -> None:
        """Make the children of an item be these places, keeping every item whose key stays."""
        wanted = list(places)
        keys = {place.key for place in wanted}
        for row in reversed(range(parent.rowCount())):
            if _key(parent.child(row)) not in keys:
                parent.removeRow(row)
        for row, place in enumerate(wanted):
            item = parent.child(row)
            if item is None or _key(item) != place.key:
                item = self._moved_or_new(parent, row, place.key)
            self._dress(item, place)
            if not place.opens:
                self._put(item, place.children)

    def _moved_or_new(self, parent: QStandardItem, row: int, key: str) -> QStandardItem:
        for below in range(row, parent.rowCount()):
            if _key(parent.child(below)) == key:
                parent.insertRow(row, parent.takeRow(below))
                return parent.child(row)
        item = QStandardItem()
        item.setEditable(False)
        parent.insertRow(row, [item])  # the overload for one item does not take it over
        return item

    def _dress(self, item: QStandardItem, place: Place) -> None:
        bare = replace(place, children=())
        if item.data(PLACE_ROLE) == bare:
            return
        item.setData(bare, PLACE_ROLE)
        item.setText(place.text)
        item.setToolTip(place.text)
        counted = "" if place.count is None else f", {place.count}"
        item.setData(f"{place.text}{counted}", Qt.ItemDataRole.AccessibleTextRole)
        flags = Qt.ItemFlag.ItemIsEnabled
        if not place.is_heading and not place.more_of:
            flags |= Qt.ItemFlag.ItemIsSelectable
        if place.playlist_id is not None:
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        item.setFlags(flags)


@dataclass(frozen=True)
class _Facts:
    """What the sidebar shows of the library, read in one go."""

    counts: Any = None
    roots: tuple[Place, ...] = ()
    playlists: tuple[Place, ...] = ()
    groups: tuple[Place, ...] = ()


def _facts(conn: sqlite3.Connection) -> _Facts:
    playlists = tuple(
        Place(
            f"playlist.{playlist.id}",
            playlist.name,
            "playlist",
            View("playlist", playlist.id),
            count=playlist.track_count,
            playlist_id=playlist.id,
        )
        for playlist in queries.playlists(conn)
    )
    groups = tuple(
        Place(f"group.{group.id}", group.title, "covers", View("cover-group", group.id), count=len(group.track_ids))
        for group in queries.cover_groups(conn)
    )
    roots = tuple(
        Place(
            _folder_key(root.path),
            root.location.rstrip(os.sep).rpartition(os.sep)[2] or root.location,
            "folder" if root.online else "offline",
            View("folder", root.path),
            count=root.track_count,
            opens=bool(queries.folders_in(conn, root.path, 1)),
            root_id=root.id,
        )
        for root in queries.roots(conn)
    )
    return _Facts(queries.counts(conn), roots, playlists, groups)


def _inside(conn: sqlite3.Connection, place: Place, limit: int) -> tuple[str, list[Place], bool]:
    """The key of a place, what is in it, and whether that is all."""
    if place.facet:
        values = queries.facets(conn, place.facet, limit + 1)
        found = [_value(place.facet, facet) for facet in values]
    else:
        path = place.view.value if place.view is not None else None
        folders = queries.folders_in(conn, path if isinstance(path, bytes) else b"", limit + 1)
        found = [_folder(folder) for folder in folders]
    return place.key, found[:limit], len(found) <= limit


def _value(name: str, facet: Facet) -> Place:
    return Place(
        f"facet.{name}.{facet.value}",
        facet.value,
        view=View("facet", facet.value, field=name),
        facet=name,
        count=facet.count,
    )


def _folder(folder: FolderRow) -> Place:
    return Place(
        _folder_key(folder.path),
        folder.name,
        "folder",
        View("folder", folder.path),
        count=folder.track_count,
        opens=folder.has_folders,
    )


def _folder_key(path: bytes) -> str:
    return f"folder.{path.hex()}"


def _known(counts: Any, name: str) -> int | None:
    return None if counts is None else int(getattr(counts, name))


def _key(item: QStandardItem) -> str:
    place = item.data(PLACE_ROLE)
    return place.key if isinstance(place, Place) else ""


def _find(item: QStandardItem, key: str) -> QStandardItem | None:
    for row in range(item.rowCount()):
        child = item.child(row)
        if _key(child) == key:
            return child
        found = _find(child, key)
        if found is not None:
            return found
    return None

"""The places of the library: views with counts, folders, facets, playlists, cover groups and pages, as one tree."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel

from pemr_desktop.jobs.messages import Changed
from pemr_desktop.library import queries
from pemr_desktop.library.views import View

if TYPE_CHECKING:
    from pemr_desktop.ui.reading import Reader

PLACE_ROLE = Qt.ItemDataRole.UserRole + 1
REFRESH_MS = 900
FACET_LIMIT = 500


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
    root_id: int | None = None
    playlist_id: int | None = None
    children: tuple[Place, ...] = field(default=(), repr=False)

    @property
    def is_heading(self) -> bool:
        """A title of a section, which cannot be chosen."""
        return self.view is None and not self.page and not self.facet


class SidebarModel(QStandardItemModel):
    """Keeps the tree in step with the library: items stay, their counts and children change."""

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._open_facets: set[str] = set()
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
        """Ask for counts, folders, playlists, groups, and for the facets that are open."""
        self._later.stop()
        self._reader.ask(_facts, done=self._take_facts, failed=self._nothing, topic=(id(self), "facts"))
        for name in self._open_facets:
            self._ask_facet(name)

    def take_change(self, changed: Changed) -> None:
        """Something changed; refresh soon, but not for every file."""
        if changed != Changed() and not self._later.isActive():
            self._later.start()

    def open_facet(self, name: str) -> None:
        """Its values are wanted."""
        self._open_facets.add(name)
        self._ask_facet(name)

    def close_facet(self, name: str) -> None:
        """Nobody looks at its values now."""
        self._open_facets.discard(name)

    def hasChildren(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> bool:  # noqa: B008
        """A facet can be opened before its values are known."""
        place = self.place(parent) if parent.isValid() else None
        return bool(place is not None and place.facet and not place.view) or super().hasChildren(parent)

    def _ask_facet(self, name: str) -> None:
        self._reader.ask(_facet, name, done=self._take_facet, failed=self._nothing, topic=(id(self), name))

    def _take_facet(self, answer: tuple[str, list[Any]]) -> None:
        name, found = answer
        item = _find(self.invisibleRootItem(), f"facet.{name}")
        if item is None:
            return
        children = tuple(
            Place(
                f"facet.{name}.{one.value}",
                one.value or self.tr("(none)"),
                view=View("facet", one.value, field=name),
                facet=name,
                count=one.count,
            )
            for one in found
        )
        self._put(item, children)

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
            Place(f"facet.{name}", text, icon, facet=name)
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
            Place("section.folders", say("Folders"), children=facts.folders),
            Place("section.playlists", say("Playlists"), children=facts.playlists),
            Place("section.covers", say("Covers"), children=covers),
            Place("section.care", say("Care"), children=care),
            Place("section.teaching", say("Teaching"), children=teaching),
        ]
        return tuple(one for one in sections if one.children)

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
            if place.children or not place.facet:
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
        if not place.is_heading:
            flags |= Qt.ItemFlag.ItemIsSelectable
        if place.playlist_id is not None:
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        item.setFlags(flags)


@dataclass(frozen=True)
class _Facts:
    """What the sidebar shows of the library, read in one go."""

    counts: Any = None
    folders: tuple[Place, ...] = ()
    playlists: tuple[Place, ...] = ()
    groups: tuple[Place, ...] = ()


def _facts(conn: sqlite3.Connection) -> _Facts:
    playlists = tuple(
        Place(
            f"playlist.{one.id}",
            one.name,
            "playlist",
            View("playlist", one.id),
            count=one.track_count,
            playlist_id=one.id,
        )
        for one in queries.playlists(conn)
    )
    groups = tuple(
        Place(f"group.{one.id}", one.title, "covers", View("cover-group", one.id), count=len(one.track_ids))
        for one in queries.cover_groups(conn)
    )
    return _Facts(queries.counts(conn), _folder_tree(conn), playlists, groups)


def _folder_tree(conn: sqlite3.Connection) -> tuple[Place, ...]:
    """Roots, and the folders below them, nested by depth."""
    roots = {root.path: root for root in queries.roots(conn)}
    tree: list[tuple[int, Place, list[Any]]] = []
    top: list[Any] = []
    for folder in queries.folders(conn):
        root = roots.get(folder.path)
        icon = "folder" if root is None or root.online else "offline"
        place = Place(
            f"folder.{folder.path.hex()}",
            folder.name or folder.location,
            icon,
            View("folder", folder.path),
            count=folder.track_count,
            root_id=root.id if root is not None else None,
        )
        while tree and tree[-1][0] >= folder.depth:
            tree.pop()
        node: tuple[int, Place, list[Any]] = (folder.depth, place, [])
        (tree[-1][2] if tree else top).append(node)
        tree.append(node)

    def grown(node: tuple[int, Place, list[Any]]) -> Place:
        return replace(node[1], children=tuple(grown(one) for one in node[2]))

    return tuple(grown(node) for node in top)


def _facet(conn: sqlite3.Connection, name: str) -> tuple[str, list[Any]]:
    return name, queries.facets(conn, name, limit=FACET_LIMIT)


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

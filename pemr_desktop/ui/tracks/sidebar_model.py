"""The items of the sidebar: views with counts, folders, facets, playlists, cover groups and pages, as one tree."""

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
from pemr_desktop.ui.widgets.label import tip

if TYPE_CHECKING:
    from pemr_desktop.ui.library_reader import Reader

SIDEBAR_ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
REFRESH_MS = 900
AT_ONCE = 500
"""So many folders or values are shown of one item; the last line asks for as many again."""


@dataclass(frozen=True)
class SidebarItem:
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
    """The key of an item that holds more than is shown; this line asks for it."""
    root_id: int | None = None
    playlist_id: int | None = None
    children: tuple[SidebarItem, ...] = field(default=(), repr=False)

    @property
    def is_heading(self) -> bool:
        """A title of a section, which cannot be chosen."""
        return self.view is None and not self.page and not self.facet and not self.more_of


class SidebarModel(QStandardItemModel):
    """Keeps the tree in step with the library: items stay, their counts and children change."""

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self.shown_key = ""  # of the item that what is on view belongs to
        self._open: dict[str, int] = {}  # key -> how many lines at most
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REFRESH_MS)
        self._later.timeout.connect(self.refresh)
        self._put(self.invisibleRootItem(), self._sections(_Facts()))

    def item_at(self, index: QModelIndex | QPersistentModelIndex) -> SidebarItem | None:
        """What a line stands for."""
        found = index.data(SIDEBAR_ITEM_ROLE)
        return found if isinstance(found, SidebarItem) else None

    def find(self, key: str) -> QModelIndex:
        """The line of a key; an invalid index when there is none."""
        node = _find(self.invisibleRootItem(), key)
        return node.index() if node is not None else QModelIndex()

    @Slot()
    def refresh(self) -> None:
        """Ask for counts, roots, playlists, groups, and for what is in the items that are open."""
        self._later.stop()
        self._reader.ask(_facts, done=self._take_facts, failed=self._nothing, topic=(id(self), "facts"))
        for key in self._open:
            self._ask(key)

    def take_change(self, changed: Changed) -> None:
        """Something changed; refresh soon, but not for every file."""
        if changed != Changed() and not self._later.isActive():
            self._later.start()

    def open(self, item: SidebarItem) -> None:
        """What is in it is wanted."""
        if item.opens:
            self._open.setdefault(item.key, AT_ONCE)
            self._ask(item.key)

    def close(self, item: SidebarItem) -> None:
        """Nobody looks at what is in it now."""
        self._open.pop(item.key, None)

    def more(self, key: str) -> None:
        """Show more of what is in an open item."""
        if key in self._open:
            self._open[key] += AT_ONCE
            self._ask(key)

    def hasChildren(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> bool:  # noqa: B008
        """An item can be opened before it is known what is in it."""
        item = self.item_at(parent) if parent.isValid() else None
        return bool(item is not None and item.opens) or super().hasChildren(parent)

    def _ask(self, key: str) -> None:
        item = self.item_at(self.find(key))
        if item is None:
            del self._open[key]
            return
        self._reader.ask(
            _inside, item, self._open[key], done=self._take_inside, failed=self._nothing, topic=(id(self), key)
        )

    def _take_inside(self, answer: tuple[str, list[SidebarItem], bool]) -> None:
        key, found, is_whole = answer
        node = _find(self.invisibleRootItem(), key)
        if node is None:
            return
        items = [item if item.text else replace(item, text=self.tr("(none)")) for item in found]
        if not is_whole:
            items.append(SidebarItem(f"{key}.more", self.tr("Show more…"), "more", more_of=key))
        self._put(node, items)

    def _take_facts(self, facts: _Facts) -> None:
        self._put(self.invisibleRootItem(), self._sections(facts))

    def _nothing(self, _error: Exception) -> None:
        """The library is not there yet: the items without counts stay."""

    # the tree

    def _sections(self, facts: _Facts) -> tuple[SidebarItem, ...]:
        counts = facts.counts
        library = (
            SidebarItem("all", self.tr("All music"), "music", View("all"), count=_known(counts, "tracks")),
            SidebarItem("recent", self.tr("Recently added"), "recent", View("recent")),
            SidebarItem(
                "suggested",
                self.tr("With suggestions"),
                "suggestion",
                View("suggested"),
                count=_known(counts, "with_suggestions"),
            ),
            SidebarItem(
                "pending", self.tr("To be written"), "review", View("pending"), count=_known(counts, "pending_writes")
            ),
        )
        facets = tuple(
            SidebarItem(f"facet.{name}", text, icon, facet=name, opens=True)
            for name, text, icon in (
                ("genre", self.tr("Genres"), "tag"),
                ("mood", self.tr("Moods"), "mood"),
                ("artist", self.tr("Artists"), "artist"),
                ("decade", self.tr("Decades"), "year"),
                ("suggestion", self.tr("Suggested tags"), "suggestion"),
                ("format", self.tr("Formats"), "format"),
            )
        )
        albums = SidebarItem("albums", self.tr("Albums"), "album", page="albums")
        care = (
            SidebarItem("duplicates", self.tr("Duplicates"), "duplicates", View("duplicates")),
            SidebarItem("problems", self.tr("Problems"), "warning", page="problems", count=_known(counts, "problems")),
            SidebarItem("offline", self.tr("Offline"), "offline", View("offline"), count=_known(counts, "offline")),
            SidebarItem("history", self.tr("History"), "history", page="history"),
        )
        covers = (
            SidebarItem("covers", self.tr("Find covers"), "search", page="covers"),
            SidebarItem("cover-quality", self.tr("Quality"), "check", page="cover-quality"),
            *facts.groups,
        )
        teaching = (
            SidebarItem("tuning", self.tr("Tune tags"), "suggestion", page="tuning"),
            SidebarItem("training", self.tr("Training"), "training", page="training"),
            SidebarItem("models", self.tr("Models"), "model", page="models"),
        )
        sections = [
            SidebarItem("section.library", self.tr("Library"), children=library),
            SidebarItem("section.browse", self.tr("Browse"), children=(albums, *facets)),
            SidebarItem("section.folders", self.tr("Folders"), children=facts.roots),
            SidebarItem("section.playlists", self.tr("Playlists"), children=facts.playlists),
            SidebarItem("section.covers", self.tr("Versions"), children=covers),
            SidebarItem("section.care", self.tr("Care"), children=care),
            SidebarItem("section.teaching", self.tr("Teaching"), children=teaching),
        ]
        return tuple(section for section in sections if section.children)

    def _put(self, parent: QStandardItem, items: Iterable[SidebarItem]) -> None:
        """Make the children of a node be these, keeping every node whose key stays."""
        wanted = list(items)
        keys = {item.key for item in wanted}
        for row in reversed(range(parent.rowCount())):
            if _key(parent.child(row)) not in keys:
                parent.removeRow(row)
        for row, item in enumerate(wanted):
            node = parent.child(row)
            if node is None or _key(node) != item.key:
                node = self._moved_or_new(parent, row, item.key)
            self._dress(node, item)
            if not item.opens:
                self._put(node, item.children)

    def _moved_or_new(self, parent: QStandardItem, row: int, key: str) -> QStandardItem:
        for below in range(row, parent.rowCount()):
            if _key(parent.child(below)) == key:
                parent.insertRow(row, parent.takeRow(below))
                return parent.child(row)
        node = QStandardItem()
        node.setEditable(False)
        parent.insertRow(row, [node])  # the overload for one node does not take it over
        return node

    def _dress(self, node: QStandardItem, item: SidebarItem) -> None:
        bare = replace(item, children=())
        if node.data(SIDEBAR_ITEM_ROLE) == bare:
            return
        node.setData(bare, SIDEBAR_ITEM_ROLE)
        node.setText(item.text)
        node.setToolTip(tip(item.text))
        counted = "" if item.count is None else f", {item.count}"
        node.setData(f"{item.text}{counted}", Qt.ItemDataRole.AccessibleTextRole)
        flags = Qt.ItemFlag.ItemIsEnabled
        if not item.is_heading and not item.more_of:
            flags |= Qt.ItemFlag.ItemIsSelectable
        if item.playlist_id is not None:
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        node.setFlags(flags)


@dataclass(frozen=True)
class _Facts:
    """What the sidebar shows of the library, read in one go."""

    counts: Any = None
    roots: tuple[SidebarItem, ...] = ()
    playlists: tuple[SidebarItem, ...] = ()
    groups: tuple[SidebarItem, ...] = ()


def _facts(conn: sqlite3.Connection) -> _Facts:
    playlists = tuple(
        SidebarItem(
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
        SidebarItem(
            f"group.{group.id}", group.title, "covers", View("cover-group", group.id), count=len(group.track_ids)
        )
        for group in queries.cover_groups(conn)
    )
    roots = tuple(
        SidebarItem(
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


def _inside(conn: sqlite3.Connection, item: SidebarItem, limit: int) -> tuple[str, list[SidebarItem], bool]:
    """The key of an item, what is in it, and whether that is all."""
    if item.facet:
        values = queries.facets(conn, item.facet, limit + 1)
        found = [_value(item.facet, facet) for facet in values]
    else:
        path = item.view.value if item.view is not None else None
        folders = queries.folders_in(conn, path if isinstance(path, bytes) else b"", limit + 1)
        found = [_folder(folder) for folder in folders]
    return item.key, found[:limit], len(found) <= limit


def _value(name: str, facet: Facet) -> SidebarItem:
    return SidebarItem(
        f"facet.{name}.{facet.value}",
        facet.value,
        view=View("facet", facet.value, field=name),
        facet=name,
        count=facet.count,
    )


def _folder(folder: FolderRow) -> SidebarItem:
    return SidebarItem(
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


def _key(node: QStandardItem) -> str:
    item = node.data(SIDEBAR_ITEM_ROLE)
    return item.key if isinstance(item, SidebarItem) else ""


def _find(node: QStandardItem, key: str) -> QStandardItem | None:
    for row in range(node.rowCount()):
        child = node.child(row)
        if _key(child) == key:
            return child
        found = _find(child, key)
        if found is not None:
            return found
    return None

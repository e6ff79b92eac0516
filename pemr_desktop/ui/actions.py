"""Everything a person can do in the window, written down once: menus, toolbar, shortcuts and palette read it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from pemr_desktop.ui.widgets.theme import Theme


def always() -> bool:
    """For actions that are never out of place."""
    return True


@dataclass(frozen=True)
class ActionSpec:
    """One action. `text` is translated and may hold an `&`; `enabled_when` is asked at every `ActionRegistry.refresh`.

    `checked_when` makes the action a toggle. `global_shortcut` False: works only while `owner` has the focus.
    """

    id: str
    text: str
    handler: Callable[[], object]
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    section: str = ""
    enabled_when: Callable[[], bool] = always
    checked_when: Callable[[], bool] | None = None
    owner: QWidget | None = field(default=None, compare=False)
    in_palette: bool = True


class ActionRegistry(QObject):
    """The actions of one window. `host` is the window: global shortcuts work everywhere inside it."""

    triggered = Signal(str)

    def __init__(self, host: QWidget, theme: Theme) -> None:
        super().__init__(host)
        self._host = host
        self._theme = theme
        self._specs: dict[str, ActionSpec] = {}
        self._actions: dict[str, QAction] = {}
        theme.changed.connect(self._recolour)

    def add(self, spec: ActionSpec) -> QAction:
        """Register an action. An id can be taken once only."""
        if spec.id in self._specs:
            raise ValueError(f"The action {spec.id} is registered twice.")
        owner = spec.owner or self._host
        action = QAction(spec.text, owner)
        action.setObjectName(f"action.{spec.id}")
        if spec.icon:
            action.setIcon(self._theme.icon(spec.icon))
        action.setShortcuts([QKeySequence(keys) for keys in spec.shortcuts])
        if spec.owner is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(_tip(spec))
        action.setStatusTip(spec.tip)
        action.setCheckable(spec.checked_when is not None)
        action.triggered.connect(lambda _checked=False, name=spec.id: self.run(name))
        owner.addAction(action)
        self._specs[spec.id] = spec
        self._actions[spec.id] = action
        return action

    def run(self, action_id: str) -> bool:
        """Do it, if it is possible now; False when it is not."""
        spec = self._specs[action_id]
        if not spec.enabled_when():
            self.refresh()
            return False
        spec.handler()
        self.triggered.emit(action_id)
        self.refresh()
        return True

    def action(self, action_id: str) -> QAction:
        """The QAction of an id; KeyError when there is none."""
        return self._actions[action_id]

    def specs(self) -> Sequence[ActionSpec]:
        """All actions in the order they were registered."""
        return tuple(self._specs.values())

    def possible(self, action_id: str) -> bool:
        """True when the action makes sense now."""
        return self._specs[action_id].enabled_when()

    def refresh(self) -> None:
        """Ask every `enabled_when` and `checked_when` again; call it when a selection or a state changed."""
        for name, spec in self._specs.items():
            action = self._actions[name]
            action.setEnabled(spec.enabled_when())
            if spec.checked_when is not None:
                action.setChecked(spec.checked_when())

    def set_shortcuts(self, shortcuts: Mapping[str, Sequence[str]]) -> None:
        """Put the user's own keys in place of the defaults; ids that are not known are left out."""
        for name, keys in shortcuts.items():
            if name in self._actions:
                self._actions[name].setShortcuts([QKeySequence(key) for key in keys])

    def fill(self, menu: QMenu, ids: Sequence[str]) -> QMenu:
        """Add actions to a menu; an empty id is a separator, an id that is not registered is left out."""
        for name in ids:
            if not name:
                menu.addSeparator()
            elif name in self._actions:
                menu.addAction(self._actions[name])
        return menu

    def _recolour(self) -> None:
        for name, spec in self._specs.items():
            if spec.icon:
                self._actions[name].setIcon(self._theme.icon(spec.icon))


def plain_text(text: str) -> str:
    """The text of an action without its mnemonic mark and dots."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("….")


def shown_shortcut(action: QAction) -> str:
    """The first shortcut as the platform writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def _tip(spec: ActionSpec) -> str:
    text = spec.tip or plain_text(spec.text)
    if not spec.shortcuts:
        return text
    keys = QKeySequence(spec.shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text} ({keys})"

"""One setting in the dialog: its name, its help, the control its kind asks for, and the way back to the default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.errors import SettingsError
from pemr_desktop.jobs.translation import translate
from pemr_desktop.refusals import said
from pemr_desktop.settings import Setting
from pemr_desktop.settings_file import SettingsStore
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import HAIR, ROOM, SNUG, TIGHT, Theme

EDITOR_WIDTH_PX = 260
LIST_HEIGHT_PX = 120
NUMBER_WIDTH_PX = 120
LARGEST_PERCENT = 3.0


def say(text: str) -> str:
    """The label or help of a setting in the user's language."""
    return QCoreApplication.translate("settings", text)


class Editor(QWidget):
    """A control for one value. `edited` carries what the user made of it; `show_value` never emits."""

    edited = Signal(object)

    def __init__(self, control: QWidget, setting: Setting) -> None:
        super().__init__()
        self.control = control
        control.setObjectName(setting.name.replace(".", "_"))
        control.setAccessibleName(say(setting.label))
        control.setAccessibleDescription(say(setting.help))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(SNUG)
        self.row.addWidget(control)
        self.setFocusProxy(control)

    def show_value(self, value: Any) -> None:
        """Show what is set."""
        self.control.blockSignals(True)
        self._put(value)
        self.control.blockSignals(False)

    def _put(self, value: Any) -> None:
        raise NotImplementedError


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, setting: Setting) -> None:
        self._box = QCheckBox()
        super().__init__(self._box, setting)
        self.row.insertStretch(0, 1)
        self._box.toggled.connect(self._changed)

    @Slot(bool)
    def _changed(self, on: bool) -> None:
        self.edited.emit(on)

    def _put(self, value: Any) -> None:
        self._box.setChecked(bool(value))


class NumberEditor(Editor):
    """A whole number, or a share in percent, or any number, within its limits."""

    def __init__(self, setting: Setting) -> None:
        self._scale = 1.0
        self._spin: QSpinBox | QDoubleSpinBox
        low, high = setting.minimum, setting.maximum
        if setting.kind == "whole number":
            self._spin = QSpinBox()
        elif low is not None and high is not None and high <= LARGEST_PERCENT:
            self._spin = QSpinBox()
            self._spin.setSuffix(" %")
            self._spin.setSingleStep(5)
            self._scale = 100.0
        else:
            self._spin = QDoubleSpinBox()
        whole = isinstance(self._spin, QSpinBox)
        for limit, put in ((low, self._spin.setMinimum), (high, self._spin.setMaximum)):
            if limit is not None:
                put(round(limit * self._scale) if whole else limit)  # type: ignore[arg-type]
        self._spin.setKeyboardTracking(False)
        self._spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._spin.setMinimumWidth(NUMBER_WIDTH_PX)
        self._spin.lineEdit().setTextMargins(TIGHT + HAIR, 0, 0, 0)
        super().__init__(self._spin, setting)
        self.row.insertStretch(0, 1)
        self._spin.valueChanged.connect(self._changed)

    @Slot()
    def _changed(self) -> None:
        value = self._spin.value()
        self.edited.emit(value / self._scale if self._scale != 1.0 else value)

    def _put(self, value: Any) -> None:
        scaled = value * self._scale
        if isinstance(self._spin, QSpinBox):
            self._spin.setValue(round(scaled))
        else:
            self._spin.setValue(scaled)


class TextEditor(Editor):
    """A line of text."""

    def __init__(self, setting: Setting) -> None:
        self._line = QLineEdit()
        super().__init__(self._line, setting)
        self._line.editingFinished.connect(self._changed)

    @Slot()
    def _changed(self) -> None:
        self.edited.emit(self._line.text())

    def _put(self, value: Any) -> None:
        self._line.setText(str(value))


class FolderEditor(Editor):
    """A folder, typed or chosen; empty means the usual place."""

    def __init__(self, setting: Setting) -> None:
        self._line = QLineEdit()
        self._line.setPlaceholderText(translate("settings", "The usual place"))
        super().__init__(self._line, setting)
        browse = QPushButton(translate("settings", "Browse…"))
        browse.setObjectName(f"{self._line.objectName()}_browse")
        browse.setAccessibleName(translate("settings", "Browse for {}").format(say(setting.label)))
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.row.addWidget(browse)
        self._line.editingFinished.connect(self._changed)

    @Slot()
    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._line.accessibleName(), self._line.text())
        if chosen:
            self._line.setText(chosen)
            self._changed()

    @Slot()
    def _changed(self) -> None:
        self.edited.emit(self._line.text().strip())

    def _put(self, value: Any) -> None:
        self._line.setText(str(value))


class ChoiceEditor(Editor):
    """One of several. `choices` are pairs of value and words."""

    def __init__(self, setting: Setting, choices: Sequence[tuple[Any, str]]) -> None:
        self._combo = QComboBox()
        self._combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.setMinimumContentsLength(16)
        super().__init__(self._combo, setting)
        self.offer(choices)
        self._combo.currentIndexChanged.connect(self._changed)

    def offer(self, choices: Sequence[tuple[Any, str]]) -> None:
        """Replace what can be chosen; the value stays."""
        value = self._combo.currentData()
        self._combo.blockSignals(True)
        self._combo.clear()
        for choice, words in choices:
            self._combo.addItem(words, choice)
        self._combo.blockSignals(False)
        if value is not None:
            self.show_value(value)

    @Slot(int)
    def _changed(self, number: int) -> None:
        self.edited.emit(self._combo.itemData(number))

    def _put(self, value: Any) -> None:
        number = self._combo.findData(value)
        if number < 0:
            self._combo.addItem(translate("settings", "{} (not connected)").format(value), value)
            number = self._combo.count() - 1
        self._combo.setCurrentIndex(number)


class ListEditor(Editor):
    """Several lines of text."""

    def __init__(self, setting: Setting, theme: Theme) -> None:
        self._text = QPlainTextEdit()
        self._text.setTabChangesFocus(True)
        self._text.setFixedHeight(theme.px(LIST_HEIGHT_PX))
        super().__init__(self._text, setting)
        self._text.textChanged.connect(self._changed)

    @Slot()
    def _changed(self) -> None:
        lines = [line.strip() for line in self._text.toPlainText().splitlines()]
        self.edited.emit(tuple(line for line in lines if line))

    def show_value(self, value: Any) -> None:
        """Show what is set, unless it is what the text already says: the cursor stays where it is."""
        lines = [line.strip() for line in self._text.toPlainText().splitlines()]
        if tuple(line for line in lines if line) != tuple(value):
            super().show_value(value)

    def _put(self, value: Any) -> None:
        self._text.setPlainText("\n".join(value))


def editor_for(setting: Setting, theme: Theme) -> Editor:
    """The control that fits the kind of a setting."""
    makers: dict[str, Callable[[], Editor]] = {
        "switch": lambda: SwitchEditor(setting),
        "whole number": lambda: NumberEditor(setting),
        "number": lambda: NumberEditor(setting),
        "folder": lambda: FolderEditor(setting),
        "choice": lambda: ChoiceEditor(
            setting, [(c, say(words)) for c, words in zip(setting.choices, setting.choice_labels, strict=True)]
        ),
        "list": lambda: ListEditor(setting, theme),
    }
    return makers.get(setting.kind, lambda: TextEditor(setting))()


class SettingRow(QWidget):
    """Label and help on the left, control and reset on the right; what does not fit is said below and not taken."""

    def __init__(
        self,
        setting: Setting,
        store: SettingsStore,
        theme: Theme,
        editor: Editor | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"row_{setting.name.replace('.', '_')}")
        self.setting = setting
        self._store = store
        self._theme = theme
        self.editor = editor or editor_for(setting, theme)
        self.editor.setFixedWidth(theme.px(EDITOR_WIDTH_PX))
        self.label = Label(say(setting.label), self)
        self.label.setBuddy(self.editor.control)
        self.label.setWordWrap(True)
        self.help = Label(say(setting.help), self)
        self.help.setProperty("role", "small")
        self.help.setWordWrap(True)
        self.reset = QToolButton(self)
        self.reset.setObjectName(f"reset_{setting.name.replace('.', '_')}")
        words = translate("settings", "Back to the default of “{}”").format(say(setting.label))
        self.reset.setAccessibleName(words)
        self.reset.setToolTip(words)
        self.reset.clicked.connect(self._reset)
        self.trouble = Label(self)
        self.trouble.setObjectName(f"trouble_{setting.name.replace('.', '_')}")
        self.trouble.setProperty("role", "bad")
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        words_column = QVBoxLayout()
        words_column.setSpacing(HAIR)
        words_column.addWidget(self.label)
        words_column.addWidget(self.help)
        words_column.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, TIGHT, 0, ROOM)
        grid.setHorizontalSpacing(ROOM)
        grid.setColumnStretch(0, 1)
        top = Qt.AlignmentFlag.AlignTop
        grid.addLayout(words_column, 0, 0)
        grid.addWidget(self.reset, 0, 1, top)
        grid.addWidget(self.editor, 0, 2, top)
        grid.addWidget(self.trouble, 1, 0, 1, 3)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.editor.edited.connect(self._edited)
        theme.changed.connect(self._recolour)
        self._recolour()
        self.refresh()

    def refresh(self) -> None:
        """Show what is set now."""
        value = self._store.current.value(self.setting.name)
        self.editor.show_value(value)
        self.reset.setVisible(value != self.setting.default)

    def matches(self, words: Sequence[str]) -> bool:
        """True when every word is in the label, the help or the name."""
        text = f"{self.label.text()} {self.help.text()} {self.setting.name}".casefold()
        return all(word in text for word in words)

    @Slot(object)
    def _edited(self, value: object) -> None:
        try:
            self._store.set(self.setting.name, value)
        except SettingsError as error:
            sentence = said(error.refusal, translate)
            self.trouble.setText(sentence)
            self.trouble.setAccessibleName(sentence)
            self.trouble.show()
        else:
            self.trouble.hide()
        self.refresh()

    @Slot()
    def _reset(self) -> None:
        self._edited(self.setting.default)

    @Slot()
    def _recolour(self) -> None:
        self.reset.setIcon(self._theme.icon("undo"))
        self.editor.setFixedWidth(self._theme.px(EDITOR_WIDTH_PX))

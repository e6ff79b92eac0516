"""The settings file: TOML that holds only what differs from the default. Keys this version does not know are kept."""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from pemr.durable_files import replace_whole
from pemr.errors import readable
from pemr_desktop.errors import SettingsError
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.settings import SETTINGS, Setting, Settings, find, shown
from pemr_desktop.system_reasons import system_reason

log = logging.getLogger(__name__)

_LINE = re.compile(r"at line (\d+)")


def load(path: Path) -> tuple[Settings, tuple[Refusal, ...]]:
    """The settings in a file and what was wrong with it. A file that is not there is all defaults."""
    document, message = _document(path)
    settings = Settings()
    messages = [message] if message else []
    for setting in SETTINGS:
        found, value = _look_up(document, setting)
        if not found:
            continue
        try:
            settings = settings.with_value(setting.name, value)
        except SettingsError as error:
            default = shown(setting.default)
            messages.append(refusal("setting left out", reason=error.refusal, default=default, path=readable(path)))
    for why in messages:
        log.warning("%s", why.message)
    return settings, tuple(messages)


def save(settings: Settings, path: Path) -> None:
    """Write the file in one step: either the old one or the new one is there, never half of one.

    Keys that this version does not know stay. Raises `SettingsError`; the file is then as it was.
    """
    document, message = _document(path)
    for setting in SETTINGS:
        _put(document, setting, settings.value(setting.name))
    try:
        if message and path.exists():
            _keep_unreadable(path)
        replace_whole(path, tomli_w.dumps(document).encode())
    except OSError as error:
        raise SettingsError("settings not saved", path=readable(path), reason=system_reason(error)) from error


def _keep_unreadable(path: Path) -> None:
    """Keep a copy of a file that cannot be understood; one that may not even be read is put aside itself."""
    kept = path.with_name(path.name + ".unreadable")
    try:
        replace_whole(kept, path.read_bytes())
    except OSError:
        path.replace(kept)


def _document(path: Path) -> tuple[dict[str, Any], Refusal | None]:
    """The file as it stands, and why it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), None
    except FileNotFoundError:
        return {}, None
    except (ValueError, RecursionError) as error:
        log.debug("%s is no TOML", path, exc_info=True)
        return {}, _fault(error, readable(path))
    except OSError as error:
        return {}, refusal("settings file not opened", path=readable(path), reason=system_reason(error))


def _fault(error: ValueError | RecursionError, path: str) -> Refusal:
    """What is wrong with a file that is no TOML."""
    if isinstance(error, tomllib.TOMLDecodeError) and (found := _LINE.search(str(error))) is not None:
        return refusal("settings file damaged, in a line", path=path, line=found[1])
    if isinstance(error, UnicodeDecodeError):
        return refusal("settings file without text", path=path, byte=f"{error.start + 1:,}")
    if isinstance(error, RecursionError):
        return refusal("settings file nested too deeply", path=path)
    if isinstance(error, tomllib.TOMLDecodeError):
        return refusal("settings file damaged", path=path)
    return refusal("settings file with long number", path=path)


def _look_up(document: Mapping[str, Any], setting: Setting) -> tuple[bool, Any]:
    table = document.get(setting.section) if setting.section else document
    if not isinstance(table, dict) or setting.key not in table:
        return False, None
    return True, table[setting.key]


def _put(document: dict[str, Any], setting: Setting, value: Any) -> None:
    """Set, or leave out when it is the default. What the user wrote but does not fit stays until it is changed."""
    if value != setting.default:
        table = document
        if setting.section:
            if not isinstance(document.get(setting.section), dict):
                document[setting.section] = {}
            table = document[setting.section]
        table[setting.key] = list(value) if isinstance(value, tuple) else value
        return
    found, old = _look_up(document, setting)
    if not found:
        return
    try:
        setting.checked(old)
    except SettingsError:
        return
    del (document[setting.section] if setting.section else document)[setting.key]
    if setting.section and not document[setting.section]:
        del document[setting.section]


class SettingsStore:
    """The settings of a running application: read once, saved at every change, and told to whoever listens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.current, self.messages = load(path)
        self._listeners: list[Callable[[str, Settings], None]] = []

    def set(self, name: str, value: object) -> None:
        """Change one setting, save, and tell the listeners. Raises `SettingsError`; then nothing has changed."""
        changed = self.current.with_value(name, value)
        if changed == self.current:
            return
        save(changed, self.path)
        self.current = changed
        for listener in tuple(self._listeners):
            listener(name, changed)

    def reset(self, name: str) -> None:
        """Put one setting back to its default."""
        self.set(name, find(name).default)

    def subscribe(self, listener: Callable[[str, Settings], None]) -> Callable[[], None]:
        """Call `listener(name, settings)` after every change; call what is returned to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

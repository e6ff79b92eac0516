"""Every setting, declared once: name, type, default, label and help make the typed settings, the file and the dialog.

The file is TOML and holds only what differs from the default. Keys this version does not know are kept.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import tomli_w

from pemr_desktop.errors import SettingsError
from pemr_desktop.paths import Paths
from pemr_desktop.whole_files import replace_whole

log = logging.getLogger(__name__)

Kind = Literal["switch", "whole number", "number", "text", "folder", "choice", "list", "shortcuts"]


def _says(label: str, help: str, **limits: Any) -> msgspec.Meta:
    """What the settings dialog shows of one setting, and the range of its values."""
    extra: dict[str, Any] = {name: limits.pop(name) for name in ("kind", "labels") if name in limits}
    return msgspec.Meta(title=label, description=help, extra=extra, **limits)


class ScanSettings(msgspec.Struct, frozen=True):
    """Finding music."""

    watch: Annotated[bool, _says("Watch folders", "Notice new, changed and moved files while the window is open.")] = (
        True
    )
    ignore: Annotated[
        tuple[str, ...],
        _says("Ignore", "Names of files and folders that are never looked at. * stands for anything."),
    ] = (".*", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "*.part", "*.crdownload")


class AnalyseSettings(msgspec.Struct, frozen=True):
    """Listening to music."""

    automatic: Annotated[bool, _says("Listen to new tracks at once", "Analyse tracks as soon as they are found.")] = (
        True
    )
    threads: Annotated[
        int, _says("Processor cores", "How many cores may listen at the same time. 0: all of them.", ge=0, le=256)
    ] = 0
    segments: Annotated[
        bool,
        _says(
            "Keep the moments of every track",
            "Needed to show which moments made a suggestion. Takes about 40 kB a track.",
        ),
    ] = True
    limit_s: Annotated[
        int,
        _says(
            "Give up on a file after", "Seconds one file may take to be decoded before it is set aside.", ge=5, le=3600
        ),
    ] = 120


class TagSettings(msgspec.Struct, frozen=True):
    """Writing tags."""

    accept_probability: Annotated[
        float,
        _says(
            "Accept above",
            "“Accept all” takes suggestions that are at least this likely.",
            ge=0.0,
            le=1.0,
        ),
    ] = 0.8
    write_mode: Annotated[
        Literal["append", "replace"],
        _says(
            "Genres and moods that are already there",
            "Add accepted tags to what a file already says, or put them in its place.",
            labels={"append": "Keep and add", "replace": "Replace"},
        ),
    ] = "append"
    write_provenance: Annotated[
        bool,
        _says("Note where tags come from", "Write one extra field, PEMR_TAGS, that names the model and the date."),
    ] = True
    keep_times: Annotated[
        bool, _says("Keep file dates", "Leave the modification date of a file as it was when tags are written.")
    ] = False
    id3_version: Annotated[
        Literal[4, 3],
        _says(
            "ID3 version for MP3",
            "2.4 is the current one; very old players need 2.3.",
            labels={4: "2.4", 3: "2.3"},
        ),
    ] = 4


class AppearanceSettings(msgspec.Struct, frozen=True):
    """How the window looks."""

    scheme: Annotated[
        Literal["system", "light", "dark"],
        _says("Colours", "Light or dark.", labels={"system": "Like the system", "light": "Light", "dark": "Dark"}),
    ] = "system"
    language: Annotated[
        Literal["system", "en"],
        _says(
            "Language",
            "Takes effect at the next start.",
            labels={"system": "Like the system", "en": "English"},
        ),
    ] = "system"
    zoom: Annotated[float, _says("Zoom", "Size of text and rows.", ge=0.5, le=3.0)] = 1.0


class PlaybackSettings(msgspec.Struct, frozen=True):
    """Playing music."""

    device: Annotated[str, _says("Sound device", "Where music is played. Empty: what the system uses.")] = ""
    volume: Annotated[float, _says("Volume", "How loud music plays.", ge=0.0, le=1.0)] = 0.8


class CoverSettings(msgspec.Struct, frozen=True):
    """Finding covers."""

    show_possible: Annotated[bool, _says("Show possible covers", "List weak matches too, marked as possible.")] = True


class TuningSettings(msgspec.Struct, frozen=True):
    """Tuning the tags to this library."""

    tracks: Annotated[
        int,
        _says(
            "Tracks the teacher hears",
            "A sample of this many, from as many albums as there are. More takes longer: about a second each.",
            ge=20,
            le=5000,
        ),
    ] = 150
    moments: Annotated[
        int, _says("Moments of each track", "How many three-second moments of a track it hears.", ge=1, le=12)
    ] = 3
    answer_weight: Annotated[
        float,
        _says(
            "Weight of your answers",
            "How much an accepted or rejected suggestion counts; what the teacher says of a track counts 1.",
            ge=1.0,
            le=100.0,
        ),
    ] = 10.0
    file_tag_weight: Annotated[
        float,
        _says(
            "Weight of tags in files",
            "How much a genre or mood that a file already has counts; what the teacher says of a track counts 1.",
            ge=0.0,
            le=100.0,
        ),
    ] = 3.0
    offer: Annotated[
        bool, _says("Offer it", "Say once that the tags can be tuned, when new music has been listened to.")
    ] = True


class TrainingSettings(msgspec.Struct, frozen=True):
    """Teaching."""

    threads: Annotated[int, _says("Processor cores for training", "0: all of them, at low priority.", ge=0, le=256)] = 0


class FolderSettings(msgspec.Struct, frozen=True):
    """Where things are kept."""

    library: Annotated[
        str,
        _says("Library", "Folder of the library database. Empty: the usual place. Next start.", kind="folder"),
    ] = ""
    runs: Annotated[
        str, _says("Training runs", "Folder for checkpoints of trainings. Empty: the usual place.", kind="folder")
    ] = ""


class Settings(msgspec.Struct, frozen=True):
    """All settings. Change one with `with_value`; it is checked."""

    scan: ScanSettings = ScanSettings()
    analyse: AnalyseSettings = AnalyseSettings()
    tags: TagSettings = TagSettings()
    appearance: AppearanceSettings = AppearanceSettings()
    playback: PlaybackSettings = PlaybackSettings()
    covers: CoverSettings = CoverSettings()
    tuning: TuningSettings = TuningSettings()
    training: TrainingSettings = TrainingSettings()
    folders: FolderSettings = FolderSettings()
    shortcuts: Annotated[
        dict[str, str],
        _says("Shortcuts", "Action name to key sequence, where it differs from the usual one.", kind="shortcuts"),
    ] = {}

    def value(self, name: str) -> Any:
        """The value of a setting by its full name, such as `tags.write_mode`. Raises `SettingsError`."""
        setting = find(name)
        if not setting.section:
            return getattr(self, setting.key)
        return getattr(getattr(self, setting.section), setting.key)

    def with_value(self, name: str, value: object) -> Settings:
        """These settings with one changed. Raises `SettingsError` if there is no such setting or it does not fit."""
        setting = find(name)
        checked = setting.checked(value)
        if not setting.section:
            return msgspec.structs.replace(self, **{setting.key: checked})
        section = msgspec.structs.replace(getattr(self, setting.section), **{setting.key: checked})
        return msgspec.structs.replace(self, **{setting.section: section})


@dataclass(frozen=True)
class Setting:
    """One line of the table: what the dialog, the file and the check need to know."""

    section: str
    key: str
    kind: Kind
    type: Any
    default: Any
    label: str
    help: str
    choices: tuple[Any, ...]
    choice_labels: tuple[str, ...]
    minimum: float | None
    maximum: float | None

    @property
    def name(self) -> str:
        """The full name: `section.key`."""
        return f"{self.section}.{self.key}" if self.section else self.key

    def checked(self, value: object) -> Any:
        """The value in the type of the setting. Raises `SettingsError` if it does not fit."""
        if isinstance(value, float) and value.is_integer() and self.kind == "whole number":
            value = int(value)
        try:
            return msgspec.convert(value, type=self.type, strict=True)
        except msgspec.ValidationError as error:
            raise SettingsError(f"The setting {self.name} cannot be {value!r}: {error}.") from error


def _declared() -> tuple[Setting, ...]:
    """The table, read off the structs above."""
    table: list[Setting] = []
    for section, hint in get_type_hints(Settings, include_extras=True).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            defaults = hint()
            for key, declared in get_type_hints(hint, include_extras=True).items():
                table.append(_setting(section, key, declared, getattr(defaults, key)))
        else:
            table.append(_setting("", section, hint, getattr(Settings(), section)))
    return tuple(table)


def _setting(section: str, key: str, declared: Any, default: Any) -> Setting:
    bare, meta = get_args(declared)
    extra = meta.extra or {}
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole number", float: "number", str: "text"}
    kind: Kind = extra.get("kind") or ("choice" if choices else kinds.get(bare, "list"))
    labels = extra.get("labels", {})
    return Setting(
        section=section,
        key=key,
        kind=kind,
        type=declared,
        default=default,
        label=meta.title,
        help=meta.description,
        choices=choices,
        choice_labels=tuple(labels.get(choice, str(choice)) for choice in choices),
        minimum=meta.ge,
        maximum=meta.le,
    )


SETTINGS: tuple[Setting, ...] = _declared()
_BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def find(name: str) -> Setting:
    """The declaration of a setting. Raises `SettingsError` if there is none of that name."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise SettingsError(f"There is no setting “{name}”.") from None


def library_file(settings: Settings, paths: Paths) -> Path:
    """The library database: where the user put it, else the usual place."""
    if settings.folders.library:
        return Path(settings.folders.library).expanduser() / paths.library_file.name
    return paths.library_file


def runs_dir(settings: Settings, paths: Paths) -> Path:
    """Where trainings are kept: where the user put them, else the usual place."""
    return Path(settings.folders.runs).expanduser() if settings.folders.runs else paths.runs_dir


def load(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings in a file and what was wrong with it, as sentences. A file that is not there is all defaults."""
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
            messages.append(f"{error} {setting.default!r} is used instead; {path} was left as it is.")
    for sentence in messages:
        log.warning("%s", sentence)
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
            path.replace(path.with_name(path.name + ".unreadable"))
        replace_whole(path, tomli_w.dumps(document).encode())
    except OSError as error:
        raise SettingsError(
            f"The settings could not be saved in {path}: {error.strerror}. Nothing was changed."
        ) from error


def _document(path: Path) -> tuple[dict[str, Any], str]:
    """The file as it stands, and a sentence if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), ""
    except FileNotFoundError:
        return {}, ""
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, f"The settings file {path} cannot be read ({error}). Default settings are used."
    except OSError as error:
        return {}, f"The settings file {path} cannot be opened ({error.strerror}). Default settings are used."


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

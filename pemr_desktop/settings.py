"""Every setting, declared once: name, type, default, label and help make the typed settings, the file, the dialog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from pemr_desktop.errors import SettingsError
from pemr_desktop.paths import Paths
from pemr_desktop.refusal_texts.system import SystemCode
from pemr_desktop.refusals import Refusal, refusal

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
    unwatched: Annotated[
        tuple[str, ...],
        _says("Folders not watched", "Folders of the library whose changes are only found when you look for them."),
    ] = ()
    ignore: Annotated[
        tuple[str, ...],
        _says("Ignore", "Names of files and folders that are never looked at. * stands for anything."),
    ] = (".*", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "*.part", "*.crdownload")
    films: Annotated[
        bool,
        _says("Take the sound of films", "Take films with sound into the library, too. Otherwise they are left out."),
    ] = False


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
            "Give up on a file after",
            "Seconds of computing one file may take to be decoded before it is set aside.",
            ge=5,
            le=3600,
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
    """Finding versions."""

    show_possible: Annotated[bool, _says("Show possible versions", "List weak matches too, marked as possible.")] = True


class TagTuningSettings(msgspec.Struct, frozen=True):
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
    tuning: TagTuningSettings = TagTuningSettings()
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
            raise SettingsError(self._why_not(value)) from error

    def _why_not(self, value: object) -> Refusal:
        """What the value would have to be."""
        told = {"setting": self.name, "value": shown(value)}
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and self.minimum is not None and self.maximum is not None:
            limits = {"minimum": f"{self.minimum:g}", "maximum": f"{self.maximum:g}"}
            return refusal("setting out of range", **told, **limits)
        if self.kind == "choice":
            return refusal("setting not a choice", **told, choices=", ".join(map(shown, self.choices)))
        return refusal(_NOT_OF_ITS_KIND[self.kind], **told)


def shown(value: object) -> str:
    """A value as a person would write it: true, 5, "text"."""
    return json.dumps(value, ensure_ascii=False, default=str)


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


_NOT_OF_ITS_KIND: dict[Kind, SystemCode] = {
    "switch": "setting not a switch",
    "whole number": "setting not a whole number",
    "number": "setting not a number",
    "text": "setting not text",
    "folder": "setting not text",
    "choice": "setting not text",
    "list": "setting not a list",
    "shortcuts": "setting not of shortcuts",
}
SETTINGS: tuple[Setting, ...] = _declared()
_BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def find(name: str) -> Setting:
    """The declaration of a setting. Raises `SettingsError` if there is none of that name."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise SettingsError("setting not known", setting=name) from None


def library_file(settings: Settings, paths: Paths) -> Path:
    """The library database: where the user put it, else the usual place."""
    if settings.folders.library:
        return Path(settings.folders.library).expanduser() / paths.library_file.name
    return paths.library_file


def runs_dir(settings: Settings, paths: Paths) -> Path:
    """Where trainings are kept: where the user put them, else the usual place."""
    return Path(settings.folders.runs).expanduser() if settings.folders.runs else paths.runs_dir

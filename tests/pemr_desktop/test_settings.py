"""The settings: what is declared is what is typed, stored, checked and shown."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.errors import SettingsError
from pemr_desktop.paths import below
from pemr_desktop.settings import SETTINGS, Setting, Settings, find, library_file
from pemr_desktop.settings_file import SettingsStore, load, save


def values_of(setting: Setting) -> st.SearchStrategy[Any]:
    match setting.kind:
        case "switch":
            return st.booleans()
        case "whole number":
            return st.integers(int(setting.minimum or 0), int(setting.maximum or 0))
        case "number":
            return st.floats(setting.minimum, setting.maximum, allow_nan=False)
        case "choice":
            return st.sampled_from(setting.choices)
        case "list":
            return st.lists(st.text(), max_size=4).map(tuple)
        case "shortcuts":
            return st.dictionaries(st.text(), st.text(), max_size=4)
    return st.text()


some_settings = st.fixed_dictionaries({}, optional={s.name: values_of(s) for s in SETTINGS})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@given(values=some_settings)
def test_every_value_comes_back_from_the_file(folder: Path, values: dict[str, Any]) -> None:
    path = folder / "settings.toml"
    path.unlink(missing_ok=True)
    settings = Settings()
    for name, value in values.items():
        settings = settings.with_value(name, value)
    save(settings, path)
    assert load(path) == (settings, ())


def test_every_setting_says_what_it_is() -> None:
    for setting in SETTINGS:
        assert setting.label and setting.help.endswith(".") and setting.checked(setting.default) == setting.default
        assert len(setting.choices) == len(setting.choice_labels)


def test_a_file_that_is_not_there_gives_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == (Settings(), ())


def test_only_what_differs_from_the_default_is_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    save(Settings().with_value("appearance.scheme", "dark"), path)
    assert tomllib.loads(path.read_text()) == {"appearance": {"scheme": "dark"}}
    save(Settings(), path)
    assert tomllib.loads(path.read_text()) == {}


def test_keys_of_another_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('colour = "blue"\n[appearance]\nsparkle = 3\n[future]\nthing = [1, 2]\n')
    save(Settings().with_value("appearance.zoom", 1.5), path)
    kept = tomllib.loads(path.read_text())
    assert kept == {"colour": "blue", "appearance": {"sparkle": 3, "zoom": 1.5}, "future": {"thing": [1, 2]}}


def test_a_bad_value_is_named_and_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[playback]\nvolume = 11\n[analyse]\nthreads = 2\n")
    settings, messages = load(path)
    assert settings.playback.volume == Settings().playback.volume
    assert settings.analyse.threads == 2
    assert len(messages) == 1 and "playback.volume cannot be 11: it can be 0 to 1." in messages[0].message
    save(settings, path)
    assert tomllib.loads(path.read_text())["playback"] == {"volume": 11}


def test_a_file_that_is_no_toml_is_set_aside_when_settings_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[[[")
    settings, messages = load(path)
    assert settings == Settings() and "cannot be read: line 1" in messages[0].message
    save(settings.with_value("scan.watch", False), path)
    assert path.with_name("settings.toml.unreadable").read_text() == "[[["
    assert load(path)[1] == ()


def test_a_section_that_is_no_table_does_not_stop_the_start(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("tags = 3\n")
    assert load(path)[0] == Settings()
    save(Settings().with_value("tags.keep_times", True), path)
    assert load(path)[0].tags.keep_times


def test_a_change_is_saved_and_told_to_listeners(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.toml")
    heard: list[tuple[str, float]] = []
    stop = store.subscribe(lambda name, settings: heard.append((name, settings.tags.accept_probability)))
    store.set("tags.accept_probability", 0.9)
    store.set("tags.accept_probability", 0.9)
    stop()
    store.reset("tags.accept_probability")
    assert heard == [("tags.accept_probability", 0.9)]
    assert SettingsStore(store.path).current == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("tags.write_mode", "sometimes"), ("analyse.threads", -1), ("scan.watch", "yes"), ("no.such", 1), ("tags", {})],
)
def test_a_value_that_does_not_fit_changes_nothing(tmp_path: Path, name: str, value: object) -> None:
    store = SettingsStore(tmp_path / "settings.toml")
    with pytest.raises(SettingsError):
        store.set(name, value)
    assert store.current == Settings() and not store.path.exists()


def test_settings_that_cannot_be_saved_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    store = SettingsStore(tmp_path / "config" / "settings.toml")
    with pytest.raises(SettingsError, match="Nothing was changed"):
        store.set("scan.watch", False)
    assert store.current.scan.watch


def test_the_library_is_where_the_user_put_it(tmp_path: Path) -> None:
    paths = below(tmp_path)
    assert library_file(Settings(), paths) == tmp_path / "data" / "library.sqlite"
    elsewhere = Settings().with_value("folders.library", str(tmp_path / "disk"))
    assert library_file(elsewhere, paths) == tmp_path / "disk" / "library.sqlite"


def test_a_whole_number_may_come_from_a_slider() -> None:
    assert Settings().with_value("analyse.threads", 4.0).analyse.threads == 4
    assert find("analyse.threads").kind == "whole number"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "its byte 1 is no text in UTF-8"),
        (b"a = " + b"[" * 100_000, "it is nested too deeply"),
        (b"a = " + b"9" * 5_000, "a number in it has too many digits"),
        (b"[appearance\n", "line 1"),
    ],
)
def test_what_is_wrong_with_a_settings_file_is_said_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    _, (message,) = load(path)
    assert words in message.message and str(path) in message.message
    assert path.read_bytes() == content

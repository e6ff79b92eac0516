"""The sentences of the worker in another language: found by Qt's own tools, with its plurals."""

from __future__ import annotations

import ast
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from pytestqt.qtbot import QtBot

import pemr_desktop
from pemr_desktop.jobs.translation import translate
from pemr_desktop.protocol.messages import AddFolders, Analyse
from pemr_desktop.protocol.results import AnalyseResult, ScanResult
from pemr_desktop.protocol.sentences import doing, summary
from pemr_desktop.refusals import refusal, said
from pemr_desktop.steps import Step

ROOT = Path(pemr_desktop.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
WORDS_OF_TABLES = {"settings", "menus"}
"""Contexts whose words stand in a table and not in a call."""
GERMAN = {
    "%Ln track(s) found": ("%Ln Titel gefunden", "%Ln Titel gefunden"),
    "%Ln track(s) added": ("%Ln Titel ist neu", "%Ln Titel sind neu"),
    "Writing tags: {name}": ("Schreibe Tags: {name}",),
    "{path} is not there.": ("{path} gibt es nicht.",),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What lupdate finds in the application."""
    listing = tmp_path_factory.mktemp("found") / "all.ts"
    tool("pyside6-lupdate", *map(str, SOURCES), "-ts", str(listing))
    return {message.findtext("source", "") for message in ElementTree.parse(listing).iter("message")}


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translation of some sentences, made as a translator would: lupdate, words put in, lrelease."""
    folder = tmp_path_factory.mktemp("german")
    source, made = folder / "pemr_desktop_de.ts", folder / "pemr_desktop_de.qm"
    tool("pyside6-lupdate", *map(str, SOURCES), "-ts", str(source), "-target-language", "de")
    tree = ElementTree.parse(source)
    for message in tree.iter("message"):
        words = GERMAN.get(message.findtext("source", ""))
        translation = message.find("translation")
        if words is None or translation is None:
            continue
        del translation.attrib["type"]
        if message.get("numerus") == "yes":
            for form, text in zip(translation.findall("numerusform"), words, strict=True):
                form.text = text
        else:
            translation.text = words[0]
    tree.write(source, "utf-8", xml_declaration=True)
    tool("pyside6-lrelease", str(source), "-qm", str(made))
    return made


def tool(name: str, *arguments: str) -> None:
    subprocess.run([Path(sys.executable).with_name(name), *arguments], check=True, capture_output=True)


def test_lupdate_finds_every_text_that_goes_through_a_translator(found: set[str]) -> None:
    missed, elsewhere = [], set()
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func).rpartition(".")[2]
            texts = call.args[1:2] if name == "translate" else call.args[:1] if name == "tr" else []
            for text in texts:
                if not isinstance(text, ast.Constant):
                    elsewhere.add(ast.unparse(call.args[0]).strip("'"))
                elif text.value not in found:
                    missed.append(f"{path.name}:{call.lineno}: {text.value!r}")
    assert missed == []
    assert elsewhere <= WORDS_OF_TABLES | {"text", "context", ""}


def test_lupdate_finds_titles_refusals_and_results(found: set[str]) -> None:
    assert {
        "Scanning %n folder(s)",
        "Teaching the cover search",
        "There is no library at {library} yet.",
        "Compared {compared} of tracks: {found} of versions found, {groups} in all.",
        "No cover found {among}.",
    } <= found


def test_no_translator_hides_behind_another_name() -> None:
    """lupdate goes by the name of what is called, and would not find the words."""
    hidden = [
        f"{path.name}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assign) and ast.unparse(node.value).rpartition(".")[2] in ("tr", "translate")
        if ast.unparse(node.targets[0]).rpartition(".")[2].lstrip("_") not in ("tr", "translate")
    ]
    assert hidden == []


def test_sentences_are_said_in_the_language_of_the_window_with_its_plurals(qtbot: QtBot, german: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(german))
    application = QCoreApplication.instance()
    assert application is not None and application.installTranslator(translator)
    try:
        one = summary(AddFolders((b"/a",)), ScanResult(1234, 1, 0, 0, 0, 0), translate)
        grouped = QLocale().toString(1234)
        assert one == f"{grouped} Titel gefunden; 1 Titel ist neu."
        assert "2 Titel sind neu" in summary(AddFolders((b"/a",)), ScanResult(2, 2, 0, 0, 0, 0), translate)
        assert doing(Step("writing tags", "a.mp3"), translate) == "Schreibe Tags: a.mp3"
        assert said(refusal("file not there", path="/a"), translate) == "/a gibt es nicht."
        not_translated = summary(Analyse(), AnalyseResult(1, 0, 0.0, 0.0, {}, 1), translate)
        assert not_translated == "Listened to 1 track."
    finally:
        application.removeTranslator(translator)


def test_without_a_translation_everything_is_english(qtbot: QtBot) -> None:
    assert translate.tr("%Ln entr(y|ies) not in the library.", "", 1) == "1 entry not in the library."
    assert translate.tr("%Ln track(s) added", "", 1234) == "1,234 tracks added"
    assert translate("steps", "Reading tags") == "Reading tags"

"""The sentences of the worker in another language: found by Qt's own tools, with its plurals."""

from __future__ import annotations

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
SOURCES = ["protocol/sentences.py", "protocol/cover_sentences.py", "refusals.py", "sentences.py"]
GERMAN = {
    "%Ln track(s) found": ("%Ln Titel gefunden", "%Ln Titel gefunden"),
    "%Ln track(s) added": ("%Ln Titel ist neu", "%Ln Titel sind neu"),
    "Writing tags: {name}": ("Schreibe Tags: {name}",),
    "{path} is not there.": ("{path} gibt es nicht.",),
}


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translation of some sentences, made as a translator would: lupdate, words put in, lrelease."""
    folder = tmp_path_factory.mktemp("german")
    source, made = folder / "pemr_desktop_de.ts", folder / "pemr_desktop_de.qm"
    tool("pyside6-lupdate", *(str(ROOT / name) for name in SOURCES), "-ts", str(source), "-target-language", "de")
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

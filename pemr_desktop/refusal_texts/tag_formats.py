"""What a kind of tag cannot hold, and how a block of tags is damaged. “It” is the file."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

TagFormatCode = Literal[
    "APE field name",
    "APE first version",
    "APE miscounted",
    "APE misplaced start",
    "APE no room for tag",
    "ASF damaged",
    "ASF list full",
    "ASF value too long",
    "FLAC blocks damaged",
    "FLAC tags too large",
    "ID3 compressed",
    "ID3 crowded",
    "ID3 cut off",
    "ID3 date",
    "ID3 extended header damaged",
    "ID3 flags not known",
    "ID3 letters and digits",
    "ID3 misplaced",
    "ID3 not begun",
    "ID3 one value",
    "ID3 other size",
    "ID3 part swells",
    "ID3 parts not carried over",
    "ID3 too large",
    "ID3 value too long",
    "ID3 version not known",
    "ID3 whole number",
    "MP4 atoms broken",
    "MP4 fragmented",
    "MP4 no index",
    "MP4 not movable",
    "MP4 one value",
    "MP4 table damaged",
    "MP4 value",
    "MP4 whole number",
    "NUL in value",
    "Ogg checksum wrong",
    "Ogg comments beside sound",
    "Ogg pages damaged",
    "Vorbis comments end early",
    "Vorbis field name",
    "chunk too long",
    "no sound before tags",
    "sound cut off",
    "too large for its kind",
]


def tag_format_texts(translate: Translate) -> dict[TagFormatCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "ID3 part swells": translate(
            "refusals", "A part of its ID3 tag would unpack into more than any real one holds; it was not read."
        ),
        "ID3 crowded": translate(
            "refusals", "Its ID3 tag has more than {count} parts; those behind them were not read."
        ),
        "APE field name": translate("refusals", "An APEv2 tag can have no field named “{field}”."),
        "APE first version": translate(
            "refusals", "It has an APE tag of the first version, in a code page that is not known."
        ),
        "APE miscounted": translate("refusals", "Its APEv2 tag is damaged: it holds more than it says, or less."),
        "APE misplaced start": translate("refusals", "Its APEv2 tag is damaged: it does not begin where it says."),
        "APE no room for tag": translate(
            "refusals", "Its sound is cut off, and its tags would have to stand where the rest of it belongs."
        ),
        "ASF damaged": translate(
            "refusals", "Its header or a list of attributes is damaged: it holds more than it says."
        ),
        "ASF list full": translate("refusals", "A list of attributes in its header is full."),
        "ASF value too long": translate("refusals", "A value of “{field}” is too long for a Windows Media file."),
        "FLAC blocks damaged": translate(
            "refusals", "Its blocks do not lead to its sound: the length of one of them is damaged."
        ),
        "FLAC tags too large": translate(
            "refusals", "Its tags would be too large for a FLAC file: 16 MB are the most that a block can hold."
        ),
        "ID3 compressed": translate("refusals", "Its ID3 tag is compressed in a way that no program writes."),
        "ID3 cut off": translate("refusals", "Its ID3 tag is cut off: its header says that it is longer than it is."),
        "ID3 date": translate(
            "refusals",
            "This file's old ID3 tag can hold only a year of four digits as date, or a day such as 2020-05-06.",
        ),
        "ID3 extended header damaged": translate("refusals", "The extended header of its ID3 tag is damaged."),
        "ID3 flags not known": translate("refusals", "The header of its ID3 tag says something that is not known."),
        "ID3 letters and digits": translate(
            "refusals", "An ID3 tag can hold only plain letters and digits in “{field}”."
        ),
        "ID3 misplaced": translate(
            "refusals", "An ID3 tag stands before it, where this kind of file has no place for one."
        ),
        "ID3 not begun": translate("refusals", "Its ID3 tag is damaged and cannot be read: it does not begin as one."),
        "ID3 one value": translate("refusals", "This file's ID3 tag can hold only one value in “{field}”."),
        "ID3 other size": translate("refusals", "Its ID3 tag is damaged: its header says another size than it has."),
        "ID3 parts not carried over": translate(
            "refusals", "Its ID3 tag holds parts that cannot be carried over when it is rewritten ({parts})."
        ),
        "ID3 too large": translate("refusals", "An ID3 tag cannot be larger than 256 MB."),
        "ID3 value too long": translate("refusals", "A value is too long for an ID3 tag."),
        "ID3 version not known": translate("refusals", "Its ID3 tag is of version 2.{version}, which is not known."),
        "ID3 whole number": translate("refusals", "An ID3 tag can hold only whole numbers in “{field}”."),
        "MP4 atoms broken": translate(
            "refusals",
            "Its atoms do not lie within each other: a length is damaged, and something may be hidden behind it.",
        ),
        "MP4 fragmented": translate(
            "refusals",
            "It is made of fragments that say where in the file they lie; they would point elsewhere after a write.",
        ),
        "MP4 no index": translate(
            "refusals", "It has no index of its sound, so that it is not known what a write would move."
        ),
        "MP4 not movable": translate(
            "refusals", "A place in it cannot be moved: its numbers are too small for a file of this size."
        ),
        "MP4 one value": translate("refusals", "An MP4 file can hold only one value in “{field}”."),
        "MP4 table damaged": translate("refusals", "The table of the places of its sound is damaged."),
        "MP4 value": translate("refusals", "An MP4 file cannot hold such a value in “{field}”."),
        "MP4 whole number": translate("refusals", "An MP4 file can hold only whole numbers in “{field}”."),
        "NUL in value": translate("refusals", "A value of “{field}” contains a NUL character."),
        "Ogg checksum wrong": translate(
            "refusals", "One of its pages is damaged, by its checksum, and rewriting it would hide which."
        ),
        "Ogg comments beside sound": translate("refusals", "Its comments share a page with its sound."),
        "Ogg pages damaged": translate(
            "refusals",
            "Its pages are damaged: something stands between them, and they would have to get other numbers.",
        ),
        "Vorbis comments end early": translate(
            "refusals", "Its comments end early, or something is hidden behind them."
        ),
        "Vorbis field name": translate("refusals", "A Vorbis comment can have no field named “{field}”."),
        "chunk too long": translate(
            "refusals", "One of its chunks says that it is longer than the file: nobody would find tags behind it."
        ),
        "no sound before tags": translate(
            "refusals", "It has no sound, and players would take the tags behind it for some."
        ),
        "sound cut off": translate(
            "refusals", "Its sound is cut off, and its tags would have to stand behind what is lacking."
        ),
        "too large for its kind": translate(
            "refusals", "It is too large for its kind of file: 4 GB are the most that it can count."
        ),
    }

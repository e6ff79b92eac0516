"""Why a file was not read or written, and what is odd about it. “It” is the file."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

TagFileCode = Literal[
    "APEv2 tag beside ID3",
    "attribute lost",
    "carried into first tag",
    "carried values may be cut",
    "changed meanwhile",
    "changed since planned",
    "changed while read",
    "code page of field not known",
    "code page of fields not known",
    "cut off",
    "cut off, or size damaged",
    "cut off, yet writable",
    "damaged",
    "damaged beyond reading",
    "damaged in its format",
    "disk may be missing",
    "earlier state lost",
    "empty",
    "field changed since planned",
    "field in other block",
    "field never written",
    "field not as planned",
    "field stays",
    "file left untouched",
    "film left out",
    "film without sound",
    "folder cannot be written",
    "folder not listed",
    "hard links",
    "hard links, to choose",
    "interrupted before writing",
    "interrupted before writing, then changed",
    "interrupted half way, then changed",
    "interrupted, not settled",
    "interrupted, then changed",
    "left untouched",
    "like a MIDI file",
    "like a PDF document",
    "like a ZIP archive",
    "like a film",
    "like a picture",
    "like a web page",
    "like plain text",
    "like zeros",
    "link in a circle",
    "link to nothing",
    "name of another format",
    "nested too deeply",
    "no audio",
    "no ordinary file",
    "no place for tags",
    "no process to read it",
    "no room for copy",
    "no sound",
    "not in code page",
    "not readable after writing",
    "of file",
    "other data would change",
    "other format after writing",
    "other tag would change",
    "owner would change",
    "read only format",
    "reading ended its process",
    "reading never ends",
    "reading took too long",
    "sound would change",
    "tag beside would change",
    "tags not written",
    "tags too large",
    "two sentences",
    "value held as another",
    "value not held",
    "write interrupted",
    "write protected",
]


def tag_file_texts(translate: Translate) -> dict[TagFileCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "APEv2 tag beside ID3": translate(
            "refusals", "It has an APEv2 tag beside the ID3 tag; a player that prefers that one shows other values."
        ),
        "attribute lost": translate(
            "refusals", "Its extended attribute {name} cannot be kept. {reason} It was left untouched."
        ),
        "carried into first tag": translate(
            "refusals",
            "It gets its first {kind} tag, which says what its {block} says, too ({fields}): many programs "
            "look at no other.",
        ),
        "carried values may be cut": translate(
            "refusals", "Its {block} has room for 30 letters, so that {fields} may be cut off in it."
        ),
        "changed since planned": translate(
            "refusals",
            "It was changed by another program since the plan was made; plan again. The file was left untouched.",
        ),
        "changed meanwhile": translate(
            "refusals", "Another program changed it meanwhile. It was left as that program made it."
        ),
        "changed while read": translate(
            "refusals", "It was being written while it was read; the next scan reads it again."
        ),
        "code page of field not known": translate(
            "refusals",
            "Its {block} is in a code page that is not known ({fields}), and other programs would no longer "
            "look at it beside a new {kind} tag. Say first what that is: give these fields their values. It "
            "was left untouched.",
        ),
        "code page of fields not known": translate(
            "refusals",
            "Its {block} is in a code page that is not known ({fields}), and other programs would no longer "
            "look at it beside a new {kind} tag. Say first what it says: give these fields their values. It "
            "was left untouched.",
        ),
        "cut off": translate("refusals", "It is cut off: at least {count} bytes are lacking at its end."),
        "cut off, or size damaged": translate(
            "refusals", "It is cut off, or a size in it is damaged: it says that it is far longer than it is."
        ),
        "cut off, yet writable": translate(
            "refusals", "{reason} Tags can be written all the same; what is lacking stays lacking."
        ),
        "damaged": translate("refusals", "It is damaged and cannot be read."),
        "damaged beyond reading": translate(
            "refusals", "It is damaged in a way that stops the reading of it. It is left as it is."
        ),
        "damaged in its format": translate("refusals", "Its {format} data is damaged and cannot be read."),
        "earlier state lost": translate(
            "refusals", "The earlier state could not be put together again. The file was left untouched."
        ),
        "empty": translate("refusals", "The file is empty (0 bytes)."),
        "field changed since planned": translate(
            "refusals", "Its field “{field}” is not as it was when planned; plan again. The file was left untouched."
        ),
        "field in other block": translate(
            "refusals", "Its {block} says “{field}”, too, and cannot be written. It was left untouched."
        ),
        "field never written": translate("refusals", "The field “{field}” is never written."),
        "field not as planned": translate(
            "refusals", "The field “{field}” did not come out as planned. It was left untouched."
        ),
        "file left untouched": translate("refusals", "{reason} The file was left untouched."),
        "field stays": translate("refusals", "{reason} This field stays as it is."),
        "not in code page": translate("refusals", "Not all of it can be {page}, and stays as it is: {fields}."),
        "film left out": translate(
            "refusals", "It is a film, and was left out. The setting “Take the sound of films” takes it in."
        ),
        "film without sound": translate("refusals", "It is a film without sound."),
        "folder cannot be written": translate(
            "refusals", "The folder cannot be written to. The file was left untouched."
        ),
        "folder not listed": translate("refusals", "This folder cannot be looked into. {reason}"),
        "hard links": translate("refusals", "It has {count} names (hard links). The file was left untouched."),
        "hard links, to choose": translate(
            "refusals",
            "It has {count} names (hard links), perhaps because another program shares it. Choose whether "
            "the other names shall change too.",
        ),
        "left untouched": translate("refusals", "{reason} It was left untouched."),
        "like a MIDI file": translate("refusals", "This is not an audio file: it looks like a MIDI file."),
        "like a PDF document": translate("refusals", "This is not an audio file: it looks like a PDF document."),
        "like a ZIP archive": translate("refusals", "This is not an audio file: it looks like a ZIP archive."),
        "like a film": translate("refusals", "This is not an audio file: it looks like a film (MPEG video)."),
        "like a picture": translate("refusals", "This is not an audio file: it looks like a picture."),
        "like a web page": translate("refusals", "This is not an audio file: it looks like a web page."),
        "like plain text": translate("refusals", "This is not an audio file: it looks like plain text."),
        "like zeros": translate("refusals", "This is not an audio file: it begins with nothing but zeros."),
        "link in a circle": translate("refusals", "This is a link that leads back to itself."),
        "link to nothing": translate("refusals", "This is a link to a file that is not there."),
        "name of another format": translate("refusals", "The name ends in {suffix}, but the content is {format}."),
        "nested too deeply": translate("refusals", "Its data is nested too deeply to be read."),
        "no audio": translate(
            "refusals", "No audio was found in it: the file is damaged, or of a kind that is not known."
        ),
        "no ordinary file": translate("refusals", "This is a pipe, socket or device, not a file."),
        "no place for tags": translate("refusals", "{format} files have no place for tags."),
        "no process to read it": translate("refusals", "No process could be started to read it. {reason}"),
        "no room for copy": translate(
            "refusals",
            "The disk is full: there is no room for the working copy beside the file. The file was left untouched.",
        ),
        "no sound": translate("refusals", "No sound was found in it."),
        "not readable after writing": translate(
            "refusals", "After the write its tags could not be read again. It was left untouched."
        ),
        "of file": translate("refusals", "{path}: {reason}"),
        "other data would change": translate(
            "refusals", "Other data in the file would have changed. It was left untouched."
        ),
        "other format after writing": translate(
            "refusals", "The working copy became another format. It was left untouched."
        ),
        "other tag would change": translate("refusals", "Another tag would have changed. It was left untouched."),
        "owner would change": translate(
            "refusals", "It belongs to another user or group, and writing would change that. It was left untouched."
        ),
        "read only format": translate(
            "refusals", "Tags in {format} files can only be read here, not written. It was left untouched."
        ),
        "reading ended its process": translate(
            "refusals", "Reading it ended the reading process; the file is probably damaged. It is left as it is."
        ),
        "reading never ends": translate("refusals", "Its {format} data is damaged: reading it would never end."),
        "reading took too long": translate(
            "refusals", "Reading it took too long and was given up. It is left as it is."
        ),
        "sound would change": translate(
            "refusals", "Writing would have changed the sound itself. It was left untouched."
        ),
        "tag beside would change": translate(
            "refusals", "A tag beside the one that is written would have changed. It was left untouched."
        ),
        "tags not written": translate(
            "refusals", "Its tags could not be written; the file may be damaged. It was left untouched."
        ),
        "tags too large": translate(
            "refusals",
            "Its tags need more memory than any real ones do; it may be made to do harm. It is left as it is.",
        ),
        "two sentences": translate("refusals", "{first} {second}"),
        "value held as another": translate(
            "refusals", "“{wanted}” becomes “{held}” in “{field}”: these tags hold it no other way."
        ),
        "value not held": translate(
            "refusals", "“{wanted}” becomes nothing in “{field}”: these tags hold it no other way."
        ),
        "write interrupted": translate(
            "refusals",
            "{reason} Writing was interrupted; the next start finishes it from the copy, or finds that "
            "nothing was written yet.",
        ),
        "write protected": translate(
            "refusals", "It is write-protected. Take the protection away if tags may be written into it."
        ),
        "interrupted before writing": translate(
            "refusals", "Writing was interrupted before the file was touched; it is as it was."
        ),
        "interrupted, then changed": translate(
            "refusals",
            "Writing was interrupted, and another program has changed it since, so it was left as it is. The "
            "copy made for it is kept: “{copy}”.",
        ),
        "interrupted before writing, then changed": translate(
            "refusals",
            "Writing was interrupted before the file was touched, and another program has changed it since, "
            "so it was left as it is. The copy made for it is kept: “{copy}”.",
        ),
        "interrupted half way, then changed": translate(
            "refusals",
            "Writing was interrupted when the file itself was being written, and another program has changed "
            "it since, so it was left as it is. The copy made for it is kept: “{copy}”.",
        ),
        "interrupted, not settled": translate(
            "refusals",
            "Writing it was interrupted, and could not be settled yet; it is looked at again at the next start.",
        ),
        "disk may be missing": translate("refusals", "The file is not there; its disk may be missing."),
    }

"""The note in PEMR_TAGS: who said which tags, as short JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from pemr_desktop.library.text_folding import fold

log = logging.getLogger(__name__)

PROVENANCE = "pemr_tags"
SCHEMA = 1


def new_note(model: str, accepted: Mapping[str, float | None]) -> str:
    """A note of today. `accepted`: tag -> how likely the model called it, None where the user said it alone."""
    note = {
        "schema": SCHEMA,
        "model": model,
        "date": datetime.now(UTC).date().isoformat(),
        "accepted": {
            name: round(probability, 2) if probability is not None else None for name, probability in accepted.items()
        },
    }
    return json.dumps(note, ensure_ascii=False, separators=(",", ":"))


def noted_names(note: str) -> list[str]:
    """The tags that a note names; none where it is not ours."""
    try:
        accepted = json.loads(note).get("accepted", {})
    except (ValueError, AttributeError) as error:
        log.debug("PEMR_TAGS is not ours: %s", error)
        return []
    return list(accepted) if isinstance(accepted, dict) else []


def note_without(note: str, folded: Collection[str]) -> str:
    """The note without these tags, which are compared as they are folded."""
    found = json.loads(note)
    kept = {name: probability for name, probability in found["accepted"].items() if fold(name) not in folded}
    return json.dumps({**found, "accepted": kept}, ensure_ascii=False, separators=(",", ":"))

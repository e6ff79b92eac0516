"""Which model listens: the active one, the one that comes with the application, or the one that was asked for."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pemr.durable_files import replaced
from pemr.errors import PemrError, readable
from pemr_desktop.errors import ModelUnusable, training_reason
from pemr_desktop.library.embeddings.models import ModelInfo
from pemr_desktop.library.rows import ModelRow, TagRow
from pemr_desktop.refusals import Refusal, joined, refusal
from pemr_desktop.resources import BUNDLED_MODEL, bundled_model
from pemr_desktop.system_reasons import system_reason

if TYPE_CHECKING:
    from pemr.embed import Encoder

log = logging.getLogger(__name__)


def candidates(active: ModelRow | None, asked_for: Path | None = None) -> list[Path]:
    """Model files to try, best first. Raises `ModelUnusable` if there is none at all.

    The bundled file stands in for an active model that was bundled too: the place of an installation changes
    with every version, the model in it perhaps as well.
    """
    bundled = bundled_model()
    if asked_for is not None:
        return [asked_for]
    if active is None:
        if bundled is None:
            raise ModelUnusable("no model")
        return [bundled]
    path = Path(os.fsdecode(active.path))
    was_bundled = path.name == BUNDLED_MODEL[-1]
    return [bundled] if was_bundled and bundled is not None else [path]


def load_encoder(paths: Sequence[Path]) -> tuple[Encoder, Path]:
    """The first of these models that can be loaded. Raises `ModelUnusable`."""
    from pemr.embed import Encoder

    faults: list[Refusal] = []
    for path in paths:
        if not path.is_file():
            faults.append(refusal("model file not there", path=readable(path)))
            continue
        try:
            return Encoder.load(path), path
        except PemrError as error:
            log.warning("Model %s: %s", path, error)
            faults.append(training_reason(error))
        except OSError as error:
            faults.append(refusal("model file not read", path=readable(path), reason=system_reason(error)))
    raise ModelUnusable("model not usable", reason=joined(*faults))


def describe(encoder: Encoder, path: Path, name: str = "") -> ModelInfo:
    """What the library keeps of a model; its name is that of the file unless it is given another."""
    from pemr.graphs.fcn import EMBEDDING_WIDTH

    return ModelInfo(encoder.model_id, name or path.stem, path, EMBEDDING_WIDTH, known_tags(encoder))


def known_tags(encoder: Encoder) -> tuple[TagRow, ...]:
    """The words of an encoder as the library keeps them."""
    return tuple(TagRow(tag.name, tag.group, tag.threshold, tag.supported) for tag in encoder.vocabulary)


def keep_copy(path: Path, digest: str, models_dir: Path) -> Path:
    """A copy of a model file below the user's own models, so that it outlives the run that made it.

    The bundled model is used where it is. Raises `OSError`; then nothing half-written is left.
    """
    if path == bundled_model() or path.parent == models_dir:
        return path
    models_dir.mkdir(parents=True, exist_ok=True)
    kept = models_dir / f"{digest[:16]}.safetensors"
    with path.open("rb") as original, replaced(kept) as copy:
        shutil.copyfileobj(original, copy)
    return kept

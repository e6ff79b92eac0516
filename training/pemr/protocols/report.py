"""What a protocol found, as one event: figures on the test tracks with their intervals, tag by tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pemr.events import Measured, TagFigure
from pemr.metrics import bootstrap, interval
from pemr.protocols.evaluation import Evaluation
from pemr.protocols.examples import Examples
from pemr.protocols.labelled_examples import DecodedSet

BOOTSTRAP_ROUNDS = 500


def measured(
    encoder: str,
    protocol: str,
    decoded: DecodedSet,
    splits: Mapping[str, Examples],
    validation: Evaluation,
    test: Evaluation,
    best: int,
    notes: Sequence[str] = (),
    rounds: int = BOOTSTRAP_ROUNDS,
) -> Measured:
    """Validation and test evaluations of the same head -> what is printed and kept."""
    labelled, examples = decoded.labelled, splits["test"]
    names = [name for name, _ in labelled.tags]

    drawn = bootstrap(names, examples.truth, test.scores, examples.groups, rounds, least_share=0.0)
    right = np.take_along_axis(examples.truth, test.scores.argmax(axis=1)[:, None], axis=1)
    scores = test.tags
    return Measured(
        encoder=encoder,
        data_set=labelled.name,
        split=labelled.split_name,
        protocol=protocol,
        tracks={split: len(part.tracks) for split, part in splits.items()},
        roc_auc=scores.macro_roc_auc,
        roc_auc_interval=interval([scores.macro_roc_auc for scores in drawn]),
        pr_auc=scores.macro_pr_auc,
        pr_auc_interval=interval([scores.macro_pr_auc for scores in drawn]),
        accuracy=float(right.mean()) if labelled.one_label else None,
        validation_roc_auc=validation.tags.macro_roc_auc,
        validation_pr_auc=validation.tags.macro_pr_auc,
        best=best,
        tags=[
            TagFigure(name, positives, roc, pr)
            for name, positives, roc, pr in zip(
                scores.names, scores.positives, scores.roc_auc, scores.pr_auc, strict=True
            )
        ],
        skipped=list(scores.skipped),
        notes=[*decoded.notes, *notes],
    )

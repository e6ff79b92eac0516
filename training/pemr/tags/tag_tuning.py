"""Fit tag heads anew to one person's music: the teacher's predictions for a sample, the tags in files, and yes and no.

The shipped heads are where the new ones start from and are pulled to, so that a tag with little evidence stays what it
was. A tag is changed only where the new head does better on albums that it was not fitted on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from pemr.metrics import roc_auc
from pemr.modelfile import TagHead
from pemr.regression.logistic import Floats, Linear, fit, folds_of
from pemr.tags.calibration import (
    HELD_OUT_PRECISION,
    LEAST_HITS,
    Bools,
    Evidence,
    HeldOut,
    Names,
    Numbers,
    calibrate_tag,
    figures,
    in_probability,
    probability,
)
from pemr.tags.heads import as_targets, teacher_thresholds
from pemr.vocabulary import VOCABULARY

PENALTIES = (0.03, 0.1, 0.5, 3.0, 10.0)
FOLDS = 4
LEAST_TRACKS = 12
LEAST_TEACHER_THRESHOLD = 0.05
LEAST_NEW_EXAMPLES = 8
MIN_LABELS_OF_EACH = 8
BOOTSTRAP_RESAMPLES = 200
MIN_SHARE_OF_GAINS = 0.8
OWN_GROUP = "genre"


class Weights(msgspec.Struct, frozen=True):
    """How much a label counts, the teacher's predictions being one.

    `absent` is for a tag of the person's own vocabulary that a tagged file does not carry: most likely a no.
    """

    teacher: float = 1.0
    file_tag: float = 3.0
    decision: float = 10.0
    absent: float = 0.5


@dataclass(frozen=True)
class Example:
    """One track of the library.

    `vector` (512,) is its mean; `segments` (n, 512) are fitted on, and `teacher` (n, len(VOCABULARY)) is what the
    teacher says of them, None where it has not listened. `file_tags`: tag -> its group; `decisions`: tag -> yes or no.
    """

    group: str
    vector: Floats
    segments: Floats
    teacher: Floats | None = None
    file_tags: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, bool] = field(default_factory=dict)


Change = Literal["kept", "better", "switched on", "switched off", "new"]


class TagChange(msgspec.Struct, frozen=True):
    """What tuning did to a tag. Both figures are of albums that had no part in the fit.

    `judged_by`: whose word was taken for the truth.
    """

    name: str
    group: str
    change: Change
    is_on: bool
    before: HeldOut
    after: HeldOut
    judged_by: Literal["teacher", "you"] = "teacher"
    reason: str = ""


@dataclass(frozen=True)
class TunedTags:
    """Heads for this library: shipped ones where they were as good, new ones where those are better."""

    linear: Linear
    tags: list[TagHead]
    changes: list[TagChange]
    penalty: float
    examples: int


@dataclass(frozen=True)
class _LabelledRows:
    """Rows (r, 512), their targets and weights (r, k) and tracks (r,); truth, known and by_person (t, k) of tracks."""

    rows: Floats
    targets: Floats
    weights: Floats
    track: Numbers
    truth: Bools
    known: Bools
    by_person: Bools


def tune_tags(
    shipped: Linear, tags: Sequence[TagHead], examples: Sequence[Example], weights: Weights | None = None
) -> TunedTags | None:
    """Heads that know this music better; None when there are too few examples to say anything."""
    if len(examples) < LEAST_TRACKS or len({example.group for example in examples}) < 2:
        return None
    known_tags = [*tags, *new_tags(tags, examples)]
    prior = _widened(in_probability(shipped, tags), len(known_tags))
    labelled = _gather(known_tags, len(tags), examples, weights or Weights())
    groups = np.array([example.group for example in examples])
    vectors = np.stack([example.vector for example in examples])
    shared, own, held_out = _cross_fit(labelled, vectors, groups, prior, len(tags))
    fitted = _fit_each(labelled, prior, own, float(len(examples)))
    before = prior.scores(vectors)
    weight, bias = prior.weight.copy(), prior.bias.copy()
    settled: list[TagHead] = []
    changes: list[TagChange] = []
    for column, tag in enumerate(known_tags):
        shipped_head = msgspec.structs.replace(tag, slope=1.0, offset=0.0)
        is_new = column >= len(tags)
        scored = [_evidence(labelled, groups, scores, column) for scores in (before, held_out)]
        head, change, takes_new = _settle(shipped_head, is_new, *scored)
        if _by_person(labelled, column):
            change = msgspec.structs.replace(change, judged_by="you")
        if takes_new:
            weight[column], bias[column] = fitted.weight[column], fitted.bias[column]
        settled.append(head)
        changes.append(change)
    kept = [at for at in range(len(known_tags)) if at < len(tags) or settled[at].supported]
    return TunedTags(Linear(weight[kept], bias[kept]), [settled[at] for at in kept], changes, shared, len(examples))


def new_tags(tags: Sequence[TagHead], examples: Sequence[Example]) -> list[TagHead]:
    """Tags of files and decisions that the model does not know, with enough examples on more than one album."""
    known = {tag.name for tag in tags}
    albums: dict[str, list[str]] = {}
    group_of: dict[str, str] = {}
    for example in examples:
        said = {name: OWN_GROUP for name, target in example.decisions.items() if target} | dict(example.file_tags)
        for name, group in said.items():
            if name not in known and example.decisions.get(name, True):
                albums.setdefault(name, []).append(example.group)
                group_of.setdefault(name, group)
    names = sorted(name for name, of in albums.items() if len(of) >= LEAST_NEW_EXAMPLES and len(set(of)) > 1)
    return [TagHead(name, group_of[name], threshold=1.0, supported=False) for name in names]


def _widened(prior: Linear, count: int) -> Linear:
    """With zeros for tags that are new."""
    missing = count - len(prior.bias)
    return Linear(np.pad(prior.weight, ((0, missing), (0, 0))), np.pad(prior.bias, (0, missing)))


def _gather(
    tags: Sequence[TagHead], shipped_count: int, examples: Sequence[Example], weights: Weights
) -> _LabelledRows:
    """All labels as rows. A person's word replaces the teacher's on the same tag of the same track."""
    index = {tag.name: at for at, tag in enumerate(VOCABULARY)}
    predicted = [(column, index[tag.name]) for column, tag in enumerate(tags) if tag.name in index]
    mine, theirs = [column for column, _ in predicted], [at for _, at in predicted]
    predictions = [example.teacher for example in examples if example.teacher is not None]
    thresholds = np.maximum(teacher_thresholds(predictions), LEAST_TEACHER_THRESHOLD) if predictions else None
    shape = (len(examples), len(tags))
    truth, known, by_person = (np.zeros(shape, bool) for _ in range(3))
    rows, targets, counts, track = [], [], [], []
    for at, example in enumerate(examples):
        target = np.zeros((len(example.segments), len(tags)), np.float32)
        count = np.zeros_like(target)
        if example.teacher is not None and thresholds is not None:
            target[:, mine] = as_targets(example.teacher, thresholds)[:, theirs]
            count[:, mine] = weights.teacher
            truth[at, mine] = (example.teacher.mean(axis=0) >= thresholds)[theirs]
            known[at, mine] = True
        for column, tag in enumerate(tags):
            said = _said(example, tag.name, column >= shipped_count, weights)
            if said is not None:
                target[:, column], count[:, column] = said
                truth[at, column], known[at, column], by_person[at, column] = bool(said[0]), True, True
        rows.append(example.segments)
        targets.append(target)
        counts.append(count / len(example.segments))
        track.append(np.full(len(example.segments), at))
    return _LabelledRows(
        np.concatenate(rows), np.concatenate(targets), np.concatenate(counts), np.concatenate(track),
        truth, known, by_person,
    )  # fmt: skip


def _said(example: Example, tag: str, is_new: bool, weights: Weights) -> tuple[float, float] | None:
    """What a person said of a tag of a track, and how much it counts."""
    if tag in example.decisions:
        return float(example.decisions[tag]), weights.decision
    if tag in example.file_tags:
        return 1.0, weights.file_tag
    if is_new and example.file_tags:
        return 0.0, weights.absent
    return None


def _cross_fit(
    labelled: _LabelledRows, vectors: Floats, groups: Names, prior: Linear, shipped_count: int
) -> tuple[float, Numbers, Floats]:
    """The penalty with the least log loss on left-out albums, which one each tag takes, and scores (t, k) there.

    All tags share one, but for those that a person judges or that are new: they have something else to learn.
    """
    folds = folds_of(groups.tolist(), FOLDS)
    scores = np.zeros((len(PENALTIES), *labelled.truth.shape), np.float32)
    for fold in np.unique(folds):
        inside = (folds != fold)[labelled.track]
        rows, targets, weights = labelled.rows[inside], labelled.targets[inside], labelled.weights[inside]
        heads = prior
        for at in reversed(range(len(PENALTIES))):
            heads = fit(rows, targets, PENALTIES[at], weights, prior, float((folds != fold).sum()), heads)
            scores[at][folds == fold] = heads.scores(vectors[folds == fold])
    known, truth = labelled.known, labelled.truth
    losses = np.where(known, np.logaddexp(0.0, scores) - truth * scores, 0.0)
    shared = int(np.argmin(losses.sum(axis=(1, 2))))
    chosen = np.full(truth.shape[1], shared)
    for column in range(len(chosen)):
        if column >= shipped_count or _by_person(labelled, column):
            measured_on = _tracks_measured_on(labelled, column)
            chosen[column] = int(np.argmin(losses[:, measured_on, column].sum(axis=1)))
    return PENALTIES[shared], chosen, np.take_along_axis(scores, chosen[None, None, :], axis=0)[0]


def _fit_each(labelled: _LabelledRows, prior: Linear, chosen: Numbers, evidence: float) -> Linear:
    """Heads from all labels, each tag with its own penalty."""
    weight, bias = prior.weight.copy(), prior.bias.copy()
    for at in np.unique(chosen).tolist():
        heads = fit(labelled.rows, labelled.targets, PENALTIES[at], labelled.weights, prior, evidence, prior)
        weight[chosen == at], bias[chosen == at] = heads.weight[chosen == at], heads.bias[chosen == at]
    return Linear(weight, bias)


def _evidence(labelled: _LabelledRows, groups: Names, scores: Floats, column: int) -> Evidence:
    """What is known of one tag; only a person's words, where there are enough of both kinds."""
    truth, known = labelled.truth[:, column], _tracks_measured_on(labelled, column)
    track = np.arange(len(groups))
    column_scores = scores[known, column : column + 1]
    return Evidence(column_scores, truth[known][:, None], known[known][:, None], track[known], groups[known])


def _tracks_measured_on(labelled: _LabelledRows, column: int) -> Bools:
    """The tracks (t,) that a tag is judged on."""
    return np.asarray((labelled.by_person if _by_person(labelled, column) else labelled.known)[:, column])


def _by_person(labelled: _LabelledRows, column: int) -> bool:
    """Whether people said enough of a tag, both yes and no, to be the only judge of it."""
    targets = labelled.truth[labelled.by_person[:, column], column]
    return min(int(targets.sum()), int((~targets).sum())) >= MIN_LABELS_OF_EACH


def _settle(tag: TagHead, is_new: bool, old: Evidence, new: Evidence) -> tuple[TagHead, TagChange, bool]:
    """The tag as it is from now on, what is told of it, and whether it takes the new weights.

    `tag` is the shipped one, its scores being logits; `old` and `new` are the scores of the shipped and of the new
    head on the same tracks, the new one's from folds without their album.
    """
    truth = old.truth[:, 0]
    promised = probability(old.scores[:, 0], 1.0, 0.0)
    before = figures(old.scores[:, 0], truth, promised, tag.supported & (promised >= tag.threshold))
    takes_new = is_new or _convinces(old, new)
    calibrated = calibrate_tag(tag, new if takes_new else old)
    after, head = calibrated.held_out, calibrated.head
    if not tag.supported and head.supported:
        return head, _told(head, "new" if is_new else "switched on", before, after), takes_new
    if tag.supported and takes_new and head.supported and _f1(after) >= _f1(before):
        return head, _told(head, "better", before, after), True
    if tag.supported and _is_poor(before):
        if head.supported and (after.precision or 0.0) >= HELD_OUT_PRECISION:
            return head, _told(head, "better", before, after), takes_new
        reason = f"on this music only {before.right} of {before.shown} suggestions were right"
        off = msgspec.structs.replace(tag, threshold=1.0, supported=False, reason=reason)
        return off, _told(off, "switched off", before, after), False
    kept = msgspec.structs.replace(tag, reason="" if tag.supported else head.reason or tag.reason)
    return kept, _told(kept, "kept", before, after if takes_new else before), False


def _told(head: TagHead, change: Change, before: HeldOut, after: HeldOut) -> TagChange:
    return TagChange(head.name, head.group, change, head.supported, before, after, reason=head.reason)


def _is_poor(held_out: HeldOut) -> bool:
    """Enough suggestions to tell, and most of them wrong."""
    return held_out.shown >= 2 * LEAST_HITS and (held_out.precision or 0.0) < HELD_OUT_PRECISION


def _f1(held_out: HeldOut) -> float:
    return 2 * held_out.right / max(1, held_out.shown + held_out.positives)


def _convinces(old: Evidence, new: Evidence, seed: int = 1) -> bool:
    """Whether the new scores tell the tag apart better in most draws of albums, not only in this one."""
    truth = old.truth[:, 0]
    if not len(truth):
        return False
    members = [np.flatnonzero(old.group == name) for name in np.unique(old.group)]
    random = np.random.default_rng(seed)
    gains = []
    for _ in range(BOOTSTRAP_RESAMPLES):
        drawn = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        gain = roc_auc(truth[drawn], new.scores[drawn, 0]) - roc_auc(truth[drawn], old.scores[drawn, 0])
        if np.isfinite(gain):
            gains.append(gain > 0)
    return len(gains) >= BOOTSTRAP_RESAMPLES // 2 and float(np.mean(gains)) >= MIN_SHARE_OF_GAINS

"""Which changes of a plan are written: the rest of it is left out, and stands in the next plan again.

What is left of a plan is proven like any other before it touches the file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from pemr_desktop.library.text_folding import fold
from pemr_desktop.library.writing.note import PROVENANCE, note_without
from pemr_desktop.tagfiles.plan import FieldChange, FilePlan


def choosable(plan: FilePlan) -> tuple[FieldChange, ...]:
    """The changes that can be left out one by one: all but those that a new block of tags takes along with them."""
    return tuple(change for change in plan.changes if change.field not in plan.carried)


def has_note_alone(plan: FilePlan) -> bool:
    """Whether the note would say something even if nothing else were written."""
    return bool(plan.only_noted)


def without(plan: FilePlan, left_out: Collection[str]) -> FilePlan:
    """The plan without the changes of these fields; without any changes, where nothing is left to be said.

    The note names no tag whose field is left out, so that it is not taken for written; what a new block takes along
    is written as long as there is a new block.
    """
    chosen = [change for change in choosable(plan) if change.field not in left_out]
    dropped = [change for change in choosable(plan) if change.field in left_out]
    if not dropped:
        return plan
    if all(change.field == PROVENANCE for change in chosen) and not has_note_alone(plan):
        return msgspec.structs.replace(plan, changes=())
    unsaid = _added(dropped) - {fold(name) for name in plan.only_noted}
    kept = {change.field: _noting_less(change, unsaid) if change.field == PROVENANCE else change for change in chosen}
    carried = {change.field: change for change in plan.changes if change.field in plan.carried}
    every = kept | (carried if kept else {})
    return msgspec.structs.replace(
        plan, changes=tuple(every[change.field] for change in plan.changes if change.field in every)
    )


def _added(changes: Sequence[FieldChange]) -> set[str]:
    """The values that these changes would have put in, folded."""
    return {
        fold(value)
        for change in changes
        if change.field != PROVENANCE
        for value in change.after
        if value not in change.before
    }


def _noting_less(change: FieldChange, folded: Collection[str]) -> FieldChange:
    if not folded or not change.after:
        return change
    return msgspec.structs.replace(change, after=(note_without(change.after[0], folded), *change.after[1:]))


def chosen_plans(
    plans: Sequence[FilePlan], only: Collection[str] = (), but: Collection[str] = ()
) -> tuple[FilePlan, ...]:
    """The plans with changes of these fields alone (`only`; none named: all) and without those of others (`but`)."""
    chosen = []
    for plan in plans:
        fields = {change.field for change in choosable(plan)}
        chosen.append(without(plan, {field for field in fields if (only and field not in only) or field in but}))
    return tuple(plan for plan in chosen if plan.changes)

"""From verdicts to a plan: pure, and the same for the same input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace

from syncbot.diff.identity import patch_id
from syncbot.errors import Fault
from syncbot.model.ids import Fingerprint, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Proof, Verdict
from syncbot.plan.model import Edit, Plan


def make_plan(
    package: Package,
    base: Release,
    target: Release,
    judgement: SeriesJudgement,
    told: Collection[PatchName] = (),
    staying: Collection[PatchName] = (),
) -> Plan:
    """One edit per entry of the series, in order. The judgement must be of this very series, else Fault. `told`: the
    patches that go on a person's word, who needs no proof; `staying`: those that stay on one though they do not apply:
    they are marked as waiting, and nobody is asked any more."""
    judged, listed = [j.name for j in judgement.patches], [p.name for p in package.series]
    if judged != listed:
        raise Fault(f"{package.name}: the judgement is of {judged}, but the series has {listed}")
    pairs = zip(package.series, judgement.patches, strict=True)
    edits = tuple(
        _staying(patch, judged) if patch.name in staying else _edit(patch, judged, is_told=patch.name in told)
        for patch, judged in pairs
    )
    return Plan(
        package=package,
        base=base,
        target=target,
        edits=edits,
        draft=any(edit.action.waits and edit.name not in staying for edit in edits),
        fingerprint=_fingerprint(package, base, target, edits, staying),
        lines_before=judgement.lines_before,
        lines_after=judgement.lines_after,
    )


def is_empty(plan: Plan) -> bool:
    """Whether nothing would change: the base stays, and every entry stays as it is, its mark included."""
    moved = (plan.base.version, plan.base.identity) != (plan.target.version, plan.target.identity)
    return not moved and not any(
        changes(patch, edit) for patch, edit in zip(plan.package.series, plan.edits, strict=True)
    )


def changes(patch: SeriesPatch, edit: Edit) -> bool:
    """Whether an edit changes its entry: the file, or its line in the series."""
    if edit.action is Action.DROP or patch.waiting is not edit.action.waits:
        return True
    return edit.content is not None and edit.content != patch.content


def provable(plan: Plan) -> bool:
    """Whether a proposal may be accepted without a person: nothing waits, and whatever is removed or rewritten is
    proved. A patch that only a three-way merge carries over has no proof, so it needs a person."""
    return all(edit.action is Action.KEEP or _proved(edit) for edit in plan.edits)


def first_release_text(judgement: Judgement) -> str:
    """`in upstream since 1.4`, empty where nothing of the patch is upstream or the release is not known."""
    return "" if judgement.first_release is None else f"in upstream since {judgement.first_release}"


def _edit(patch: SeriesPatch, judged: Judgement, *, is_told: bool) -> Edit:
    if judged.action is Action.DROP and patch.keep is not None:
        raise Fault(f"{patch.name} is pinned ({patch.keep}), but the judgement drops it")
    automatic = judged.proof is not None and judged.proof.automatic
    # Other verdicts are dropped only on downstream's own instruction, which needs no proof.
    if judged.action is Action.DROP and judged.verdict is Verdict.OBSOLETE and not automatic and not is_told:
        raise Fault(f"{patch.name} is to be dropped without a proof that allows it: {judged.proof}")
    if judged.action is not Action.REWRITE:
        return Edit(judged.action, patch.name, judged)
    if judged.refreshed is None:
        raise Fault(f"{patch.name} is to be rewritten, and the judgement has no new text")
    return Edit(judged.action, patch.name, judged, judged.refreshed)


def _staying(patch: SeriesPatch, judged: Judgement) -> Edit:
    return Edit(Action.ASK, patch.name, replace(judged, action=Action.ASK))


def _proved(edit: Edit) -> bool:
    return not edit.action.waits and edit.judgement.proof is Proof.PROVED


def _fingerprint(
    package: Package, base: Release, target: Release, edits: tuple[Edit, ...], staying: Collection[PatchName]
) -> Fingerprint:
    """By content, not by wording: what happens to which change, and from which release to which. Reasons, evidence,
    names and comments may be written anew without making it another proposal."""
    old = {patch.name: patch for patch in package.series}
    does = {e.name: "staying" if e.name in staying else e.action.value for e in edits}
    parts = [[does[e.name], _id(old[e.name], None), _id(old[e.name], e.content)] for e in edits]
    releases = [base.version, base.identity, target.version, target.identity]
    text = json.dumps([package.name, releases, parts])
    return Fingerprint(hashlib.sha256(text.encode()).hexdigest())


def _id(patch: SeriesPatch, content: bytes | None) -> str:
    return patch_id(patch.content, patch.strip) if content is None else patch_id(content)

"""What a restore proposal says of the drop that it takes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.proposals import DroppedPatch
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import restoring
from tests.report.values import BASE, TARGET, judgement


@pytest.mark.parametrize(
    ("verdict", "action", "said"),
    [
        (Verdict.OBSOLETE, Action.DROP, "`1.2`, as obsolete: "),
        (Verdict.SUPERSEDED, Action.ASK, "`1.2`, on a person's word; for syncbot it was superseded: "),
        (Verdict.CONFLICT, Action.ASK, "`1.2`, on a person's word; for syncbot it was conflict: "),
    ],
)
def test_why_a_patch_was_dropped_is_told_as_it_was(verdict: Verdict, action: Action, said: str) -> None:
    name, at = PatchName("fix.patch"), datetime(2024, 3, 1, tzinfo=UTC)
    found = judgement("fix.patch", verdict, action)
    one = DroppedPatch(PackageName("lib"), name, b"", None, found, BASE, TARGET, "1", at)
    body = restoring.body(one, "needed", "", "patches/lib")
    assert said + verdict.sentence in body
    assert "as obsolete where it is" not in body
    assert said.replace("`", "").split(", ", 1)[1].strip() in " ".join(restoring.commit_message(one, "needed").split())

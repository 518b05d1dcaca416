"""The promise is checked by another way than the judgement was made: what must pass, and what must not."""

from __future__ import annotations

import difflib
import itertools
import random
from dataclasses import replace

import pytest

from syncbot.errors import Fault
from syncbot.judge import judge_series, verify_promise
from syncbot.model.ids import PatchName
from syncbot.model.packages import SeriesPatch
from syncbot.model.trees import FILE, MemoryTree
from syncbot.model.verdicts import Action, Proof, Verdict

Files = dict[str, list[str]]
NAMES = ("f.c", "g.c")


def source(name: str) -> list[str]:
    heads = [[f"int {name[0]}_step_{n}(int depth)\n", "{\n", f"\treturn table_{n}[depth];\n", "}\n"] for n in range(8)]
    return [line for head in heads for line in head]


BASE: Files = {name: source(name) for name in NAMES}
GUARD = ["\tif (depth > limit_of(table))\n", "\t\treturn -EINVAL;\n"]


def edited(files: Files, name: str, number: int, kind: str = "guard") -> Files:
    """One function with a guard, another table, or nothing in it. As it is where that line is gone already."""
    line = f"\treturn table_{number}[depth];\n"
    new = {"guard": [*GUARD, line], "table": [f"\treturn other_table_{number}[depth + 1];\n"], "empty": []}[kind]
    text = files[name]
    at = text.index(line) if line in text else None
    return files if at is None else files | {name: text[:at] + new + text[at + 1 :]}


def patch(number: int, before: Files, after: Files) -> SeriesPatch:
    lines = [
        line for name in NAMES for line in difflib.unified_diff(before[name], after[name], f"a/{name}", f"b/{name}")
    ]
    return SeriesPatch(PatchName(f"{number}.patch"), "".join(lines).encode(), 1)


def series(*states: Files) -> list[SeriesPatch]:
    return [patch(number, *pair) for number, pair in enumerate(itertools.pairwise(states), 1)]


def tree(files: Files) -> MemoryTree:
    return MemoryTree({name: (FILE, "".join(text).encode()) for name, text in files.items()})


def test_a_patch_that_undoes_one_of_which_the_release_has_a_part() -> None:
    """The two ends of the stack are equal, so merging the whole of it would leave the part in the release."""
    both = edited(edited(BASE, "f.c", 2), "g.c", 5)
    stack = series(BASE, both, BASE)
    release = edited(BASE, "f.c", 2)

    answer = judge_series(stack, tree(BASE), tree(release))

    assert [judged.verdict for judged in answer.patches] == [Verdict.TRIM, Verdict.APPLIES]
    verify_promise(stack, tree(BASE), tree(release), answer)


@pytest.mark.parametrize("seed", range(40))
def test_stacks_that_do_and_undo_keep_their_promise(seed: int) -> None:
    chooser = random.Random(seed)

    def changed(files: Files) -> Files:
        for _ in range(chooser.randint(1, 3)):
            kind = chooser.choice(["guard", "table", "empty"])
            files = edited(files, chooser.choice(NAMES), chooser.randrange(8), kind)
        return files

    states = [BASE]
    for _ in range(chooser.randint(2, 4)):
        undo = len(states) > 1 and chooser.random() < 0.5
        new = chooser.choice(states[:-1]) if undo else changed(states[-1])
        if new != states[-1]:
            states.append(new)
    stack = series(*states)
    release = changed(chooser.choice(states)) if chooser.random() < 0.5 else chooser.choice(states)

    answer = judge_series(stack, tree(BASE), tree(release))

    verify_promise(stack, tree(BASE), tree(release), answer)


def test_a_drop_of_what_the_release_has_not_is_caught() -> None:
    stack = series(BASE, edited(BASE, "f.c", 2))
    release = edited(BASE, "f.c", 6, "table")
    answer = judge_series(stack, tree(BASE), tree(release))
    (judged,) = answer.patches
    wrong = replace(judged, action=Action.DROP, verdict=Verdict.OBSOLETE, proof=Proof.PROVED)

    verify_promise(stack, tree(BASE), tree(release), answer)
    with pytest.raises(Fault, match="not what merging the whole series"):
        verify_promise(stack, tree(BASE), tree(release), replace(answer, patches=(wrong,)))


def test_a_cut_of_what_the_release_has_not_is_caught() -> None:
    stack = series(BASE, edited(edited(BASE, "f.c", 2), "f.c", 4))
    release = edited(BASE, "f.c", 7, "table")
    answer = judge_series(stack, tree(BASE), tree(release))
    (judged,) = answer.patches
    half = patch(1, BASE, edited(BASE, "f.c", 2)).content
    wrong = replace(judged, action=Action.REWRITE, verdict=Verdict.TRIM, proof=Proof.PROVED, refreshed=half)

    with pytest.raises(Fault, match="not what merging the whole series"):
        verify_promise(stack, tree(BASE), tree(release), replace(answer, patches=(wrong,)))

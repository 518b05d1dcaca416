"""Siblings are alike: the method beside, the other branch, the next section. Upstream writes the one that the patch is
for anew, and gives its text, with what the patch brings, to its sibling: the patch is as needed as before, or has to
be looked at. A three-way merge takes the one for the other and says that nothing is left to do.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from test_hostile import Files, by_history, by_trees, patch_of

from syncbot.judge.blocks import State, analyse
from syncbot.judge.enclosing import Outline, apart
from syncbot.judge.rules import UPSTREAM
from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action, Verdict


class Pair(NamedTuple):
    """A text of two siblings: `body` is the first one's, into which the patch puts `fix`; `anew` the other's, and what
    the first is written anew as."""

    path: str
    first: str
    second: str
    end: str
    body: str
    fix: str
    anew: str

    def text(self, first: list[str], second: list[str]) -> Files:
        return {self.path: self.first + "".join(first) + self.second + "".join(second) + self.end}

    @property
    def lines(self) -> list[str]:
        return self.body.splitlines(keepends=True)

    @property
    def fixes(self) -> list[str]:
        return self.fix.splitlines(keepends=True)


def pair(path: str, first: str, second: str, end: str, margin: str, body: str, fix: str, anew: str) -> Pair:
    def inside(text: str) -> str:
        return "".join(f"{margin}{line}\n" for line in text.split("|"))

    return Pair(path, first, second, end, inside(body), inside(fix), inside(anew))


STEPS = "self.step_0(n)|self.step_1(n)|self.step_2(n)|self.step_3(n)|self.step_4(n)"
CHECK = "if n > self.limit:|    self.owner.tell_of_refusal(self, n)|    raise Refused(self.name, n)"
CALLS = "first(x);|second(x);|third(x);|fourth(x);"
REFUSE = "refuse_unknown_peers(x);|refuse_expired_tokens(x);"
KEYS = "retries = 3|wait = 20|limit = 100|burst = 10"
REFUSES = "refuse_unknown_peers = yes|refuse_expired_tokens = yes"
PROSE = "It is open to all.|Calls are counted.|Answers are kept.|Old ones go."
REFUSED = "Unknown peers are refused at once.|Expired tokens are refused too."

PAIRS = {
    "functions": pair("a.py", "def run(n):\n", "\ndef walk(n):\n", "", "    ", STEPS, CHECK, "return drive(n)"),
    "methods": pair(
        "a.py",
        "class A:\n    def run(self, n):\n",
        "\n    def walk(self, n):\n",
        "",
        " " * 8,
        STEPS,
        CHECK,
        "return self.drive(n)",
    ),
    "classes": pair(
        "a.py",
        "class A:\n    def run(self, n):\n",
        "\nclass B:\n    def run(self, n):\n",
        "",
        " " * 8,
        STEPS,
        CHECK,
        "return self.drive(n)",
    ),
    "C functions": pair(
        "a.c", "int run(int x)\n{\n", "}\n\nint walk(int x)\n{\n", "}\n", "\t", CALLS, REFUSE, "go(x);"
    ),
    "GNU functions": pair(
        "a.c",
        "static int\nrun (int x)\n{\n",
        "}\n\nstatic int\nwalk (int x)\n{\n",
        "}\n",
        "  ",
        CALLS,
        REFUSE,
        "go(x);",
    ),
    "inline methods": pair(
        "a.h",
        "class A {\n    int run(int x) {\n",
        "    }\n    int walk(int x) {\n",
        "    }\n};\n",
        " " * 8,
        CALLS,
        REFUSE,
        "go(x);",
    ),
    "cases": pair(
        "a.c",
        "int f(int x)\n{\n\tswitch (x) {\n\tcase PUBLIC:\n",
        "\t\tbreak;\n\tcase PRIVATE:\n",
        "\t\tbreak;\n\t}\n}\n",
        "\t\t",
        CALLS,
        REFUSE,
        "go(x);",
    ),
    "branches": pair(
        "a.c",
        "int f(int x)\n{\n    if (x == PUBLIC) {\n",
        "    } else if (x == PRIVATE) {\n",
        "    }\n}\n",
        " " * 8,
        CALLS,
        REFUSE,
        "go(x);",
    ),
    "items of a table": pair(
        "a.c",
        "static struct ops all[] = {\n    [PUBLIC] = {\n",
        "    },\n    [PRIVATE] = {\n",
        "    },\n};\n",
        " " * 8,
        ".first = 1,|.second = 2,|.third = 3,|.fourth = 4,",
        ".refuse_unknown_peers = true,|.refuse_expired_tokens = true,",
        ".profile = 1,",
    ),
    "macros": pair(
        "a.h",
        "#ifdef PUBLIC\n",
        "#elif defined(PRIVATE)\n",
        "#endif\n",
        "",
        "#define FIRST 1|#define SECOND 2|#define THIRD 3|#define FOURTH 4",
        "#define REFUSE_UNKNOWN_PEERS 1|#define REFUSE_EXPIRED_TOKENS 1",
        "#define PROFILE 1",
    ),
    "shell cases": pair(
        "a.sh",
        "case $1 in\npublic)\n",
        "    ;;\nprivate)\n",
        "    ;;\nesac\n",
        "    ",
        "first $1|second $1|third $1|fourth $1",
        "refuse_unknown_peers $1|refuse_expired_tokens $1",
        "go $1",
    ),
    "targets": pair(
        "Makefile",
        "public: all\n",
        "\nprivate: all\n",
        "",
        "\t",
        "cp first $(DEST)|cp second $(DEST)|cp third $(DEST)|cp fourth $(DEST)",
        "chmod 600 $(DEST)/secret|chown root $(DEST)/secret",
        "$(MAKE) profile",
    ),
    "sections": pair("a.ini", "[public]\n", "\n[private]\n", "", "", KEYS, REFUSES, "profile = default"),
    "later sections": pair(
        "a.ini", "[all]\nname = x\n\n[public]\n", "\n[private]\n", "", "", KEYS, REFUSES, "profile = default"
    ),
    "keys": pair(
        "a.yaml",
        "hosts:\n  public:\n",
        "  private:\n",
        "",
        "    ",
        KEYS.replace(" =", ":"),
        REFUSES.replace(" =", ":"),
        "profile: default",
    ),
    "objects": pair(
        "a.json",
        '{\n  "public": {\n',
        '  },\n  "private": {\n',
        "  }\n}\n",
        "    ",
        '"retries": 3,|"wait": 20,|"limit": 100,|"burst": 10,',
        '"refuse_unknown_peers": true,|"refuse_expired_tokens": true,',
        '"profile": "default",',
    ),
    "elements": pair(
        "a.xml",
        "<all>\n  <peer name='public'>\n",
        "  </peer>\n  <peer name='private'>\n",
        "  </peer>\n</all>\n",
        "    ",
        "<a>1</a>|<b>2</b>|<c>3</c>|<d>4</d>",
        "<refuse>unknown peers</refuse>|<refuse>expired tokens</refuse>",
        "<profile/>",
    ),
    "flat elements": pair(
        "a.xml",
        "<all>\n<public>\n",
        "</public>\n<private>\n",
        "</private>\n</all>\n",
        "",
        "<a>1</a>|<b>2</b>|<c>3</c>|<d>4</d>",
        "<refuse>unknown peers</refuse>|<refuse>expired tokens</refuse>",
        "<profile/>",
    ),
    "stanzas": pair(
        "control",
        "Package: public\n",
        "\nPackage: private\n",
        "",
        "",
        "Architecture: any|Section: net|Multi-Arch: same|Priority: low",
        "Depends: libsafe, libstrict (>= 4)|Breaks: libunsafe (<< 3)",
        "Architecture: all",
    ),
    "chapters": pair("a.md", "# Public\n\n", "\n# Private\n\n", "", "", PROSE, REFUSED, "See the profile."),
}


def both(tmp_path: Path, siblings: Pair, at: int, *, edits: int = 0) -> list[Judgement]:
    """The answers by trees and by history: the fix is put before line `at`, and upstream makes `edits` edits to the
    sibling that took it."""
    body, anew, random = siblings.lines, siblings.anew.splitlines(keepends=True), Random(edits * 100 + at)
    fixed = [*body[:at], *siblings.fixes, *body[at:]]
    base, after = siblings.text(body, anew), siblings.text(fixed, anew)
    taken = list(fixed)
    for _ in range(edits):
        spot = random.randrange(len(taken))
        if taken[spot] not in siblings.fixes:
            taken[spot : spot + 1] = random.choice(
                [[], [taken[spot], anew[0]], [taken[spot][:-2] + "9" + taken[spot][-2:]]]
            )
    own = random.choice([anew, [anew[0], body[0]], [*body[:2], *anew]]) if edits else anew
    target = siblings.text(own, taken)
    patch = patch_of(base, after)
    steps = [("Write it anew", siblings.text(own, [x for x in taken if x not in siblings.fixes])), ("Refuse", target)]
    return [by_trees(patch, base, target), by_history(tmp_path, patch, base, *steps)]


@pytest.mark.parametrize("edits", [0, 1, 2, 3])
@pytest.mark.parametrize("siblings", PAIRS.values(), ids=PAIRS)
def test_what_stands_in_a_sibling_is_not_upstream(siblings: Pair, edits: int, tmp_path: Path) -> None:
    for judgement in both(tmp_path, siblings, 1 + edits % 3, edits=edits):
        said = f"{judgement.verdict}/{judgement.action}: {judgement.reason}"
        assert judgement.action is not Action.DROP, said
        assert judgement.verdict is not Verdict.TRIM, said


@pytest.mark.parametrize("siblings", PAIRS.values(), ids=PAIRS)
def test_what_stands_in_its_own_place_is_upstream(siblings: Pair, tmp_path: Path) -> None:
    """The counter-case: upstream took it, and did something to the sibling."""
    body, anew = siblings.lines, siblings.anew.splitlines(keepends=True)
    fixed = [*body[:2], *siblings.fixes, *body[2:]]
    base, after = siblings.text(body, anew), siblings.text(fixed, anew)
    target = siblings.text(fixed, [*anew, body[-1]])
    for judgement in (
        by_trees(patch_of(base, after), base, target),
        by_history(tmp_path, patch_of(base, after), base, ("Refuse", after), ("Go on", target)),
    ):
        assert judgement.action is Action.DROP, judgement.reason


BODY = "    first(x);\n    second(x);\n    third(x);\n"
SAME = {
    "another name of the class": ("class A:\n  def run(x):\n", "class B:\n  def run(x):\n"),
    "another argument": ("int run(int x)\n{\n", "int run(int x, int y)\n{\n"),
    "a word before it": ("int run(int x)\n{\n", "static int run(int x)\n{\n"),
    "a further label": (
        "int f(int x)\n{\n  switch (x) {\n  case ONE:\n",
        "int f(int x)\n{\n  switch (x) {\n  case ONE:\n  case TWO:\n",
    ),
    "a mark for goto": ("int run(int x)\n{\n", "int run(int x)\n{\n    first();\nagain:\n"),
    "no condition any more": ("int run(int x)\n{\n  if (x)\n", "int run(int x)\n{\n"),
    "a further condition": ("int run(int x)\n{\n", "int run(int x)\n{\n  if (x)\n"),
    "text at the margin above it": (
        "<all>\n  <one>\n",
        "<all>\n  <one>\n    <pre>to be\nor not</pre>\n</pre>\n",
    ),
    "no #if around it any more": ("#if FAST\nint run(int x)\n{\n", "#if SLOW\nint b;\n#endif\nint run(int x)\n{\n"),
    "deeper than its sibling was": (
        "int f(int x)\n{\n case A:\n  case B:\n   go();\n  case C:\n",
        "int f(int x)\n{\n case A:\n case B:\n  go();\n case C:\n",
    ),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME)
def test_a_head_that_was_edited_is_the_same_place(old: str, new: str) -> None:
    before, after = (Outline((head + BODY).encode().splitlines(keepends=True)) for head in (old, new))
    places = [text.count("\n") + 1 for text in (old, new)]
    assert not apart(before, places[0], after, places[1], [b"    fix(x);\n"])


def test_a_statement_of_many_lines_is_no_head() -> None:
    """A line that hangs over to the left of what follows it does not hold that."""
    old = b"int run(int x)\n{\n  for (a = 1;\n       a < x; a++)\n    {\n      first(x);\n"
    new = old.replace(b"  for", b"  if (bad(x))\n    return fail(x,\n      y);\n  for")
    before, after = (Outline(text.splitlines(keepends=True)) for text in (old, new))
    assert not apart(before, 5, after, 8, [b"      fix(x);\n"])


HUGE = {
    "heads": "".join(f"{' ' * (at % 7)}item\n" for at in range(30_000)),
    "conditions": "#if A\n" * 30_000 + "x\n" + "#endif\n" * 30_000,
    "alternatives": "#if A\n" + "#elif A\nx\n" * 30_000 + "#endif\n",
    "labels": "switch\n" + " case A:\n" * 30_000 + "  x\n",
    "sections": "[a]\nx = y\n\n" * 10_000,
    "one paragraph": "x = y\n" * 30_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_what_nobody_wrote_by_hand_is_answered_too(text: str) -> None:
    """Made to be slow: thousands of like heads, conditions, labels. A block in the middle is looked at all the same."""
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    after = [*lines[:middle], "      fix();\n", *lines[middle:]]
    before, patched, target = ("".join(side).encode() for side in (lines, after, [*after, "end\n"]))
    found = analyse(before, patched, target, "a.c")
    assert [block.state in UPSTREAM for block in found.blocks] == [True]


def test_a_hunk_of_a_sibling_is_open() -> None:
    """A block whose lines a merge finds in the sibling has no place: neither there, nor to be merged there."""
    siblings = PAIRS["methods"]
    body, anew = siblings.lines, siblings.anew.splitlines(keepends=True)
    (base,), (after,), (target,) = (
        siblings.text(first, second).values()
        for first, second in ((body, anew), ([*siblings.fixes, *body], anew), (anew, [*siblings.fixes, *body]))
    )
    found = analyse(base.encode(), after.encode(), target.encode(), siblings.path)
    assert [block.state for block in found.blocks] == [State.OPEN]
    assert found.content is None

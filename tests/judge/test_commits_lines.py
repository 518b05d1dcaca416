"""The parts of the commit search: net changes of lines, weights, places and rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.judge.commits_lines import Weights, delta, delta_of, merged, middles, mirrored
from syncbot.judge.commits_place import definition
from syncbot.judge.commits_score import CODE, CONTAINED, LIKE, NAMED, PART, SHARED, WHOLE, Rule, Score, rule
from syncbot.judge.history import plain_subject, subject_key

TEXTS = st.lists(st.sampled_from([b"a", b"b", b"  a", b"{", b"", b"long line", b"\r"]), max_size=12).map(b"\n".join)


@given(TEXTS, TEXTS)
def test_what_two_texts_share_at_their_ends_does_not_matter(old: bytes, new: bytes) -> None:
    short = middles(old, new)

    assert delta(*short) == delta(old, new)
    assert len(old) - len(short[0]) == len(new) - len(short[1])


@given(TEXTS, TEXTS)
def test_going_back_mirrors_the_change(old: bytes, new: bytes) -> None:
    assert delta(new, old) == mirrored(delta(old, new))


@given(TEXTS, TEXTS)
def test_a_change_of_whole_files_is_the_change_of_their_lines(old: bytes, new: bytes) -> None:
    assert delta(old, new) == delta_of(old.split(b"\n"), new.split(b"\n"))


def test_moved_and_indented_lines_are_no_change_within_a_file_but_are_between_files() -> None:
    assert delta(b"one\ntwo\n", b"  two\none\n") == ({}, {})
    assert merged([delta(b"one\n", b""), delta(b"", b"one\n")]) == ({b"one": 1}, {b"one": 1})


def test_common_lines_weigh_less_than_rare_ones_and_braces_nothing() -> None:
    weights = Weights({b"return_the_result();": 4}.get)  # type: ignore[arg-type]  # asked for these lines alone
    rare = Weights(lambda line: 0)

    assert weights(b"return_the_result();") == pytest.approx(1 / 3)
    assert (rare(b"return_the_result();"), rare(b"}"), rare(b"")) == (1.0, 0.0, 0.0)
    assert 0 < rare(b"x=y;") < 1


C_FUNCTION = b"""static int
decode(struct packet *p,
       int flags)
{
    if (flags) {
#ifdef DEBUG
out:
        for (;;)
            step(p);
    }
}

int global;
""".split(b"\n")

PYTHON_CLASS = b"""class Reader:
    name = 1

    def read(self, size):
        with open(self.name) as file:
            data = file.read(size)
        return data
""".split(b"\n")


@pytest.mark.parametrize(
    ("lines", "at", "first", "found"),
    [
        (C_FUNCTION, 8, b"            step(p);", b"decode(structpacket*p,"),
        (C_FUNCTION, 5, b"        trace(p);", b"decode(structpacket*p,"),
        (C_FUNCTION, 12, b"int global;", b""),
        (PYTHON_CLASS, 5, b"            check(size)", b"defread(self,size):"),
        (PYTHON_CLASS, 2, b"    size = 2", b"classReader:"),
        (PYTHON_CLASS, 7, b"    def write(self):", b"classReader:"),
        ([], 0, b"    x", b""),
    ],
)
def test_the_definition_around_a_line(lines: list[bytes], at: int, first: bytes, found: bytes) -> None:
    assert definition(lines, at, first) == found


@pytest.mark.parametrize(
    ("f", "q", "fs", "qs", "weight", "witnessed", "found"),
    [
        (0.8, 0.12, 0, 0, 1, False, CONTAINED),
        (0.8, 0.11, 0, 0, 9, False, None),
        (0.95, 0.05, 0, 0, 4, False, WHOLE),
        (0.95, 0.05, 0, 0, 3.9, False, None),
        (0.5, 0.05, 0.85, 0.5, 1, False, SHARED),
        (0.6, 0.6, 0, 0, 1, False, LIKE),
        (0.59, 0.6, 0, 0, 1, False, None),
        (0.45, 0.6, 0, 0.93, 3, False, PART),
        (0.45, 0.6, 0, 0.93, 2, False, None),
        (0.3, 0.03, 0, 0, 1, True, NAMED),
        (0.1, 0.1, 0.1, 1, 9, True, None),
        (0.3, 0.02, 0.3, 0, 9, True, None),
        (1, 1, 1, 1, 0, True, None),
    ],
)
def test_the_rules(
    f: float, q: float, fs: float, qs: float, weight: float, witnessed: bool, found: Rule | None
) -> None:
    assert rule(Score(f, q, fs, qs, weight), witnessed) is found


def test_code_decides_where_tests_and_notes_differ() -> None:
    assert rule(Score(0.4, 0.2, 0.4, 0.3, 9, code=0.9, code_weight=2), False) is CODE
    assert rule(Score(0.4, 0.2, 0.4, 0.3, 9, code=0.9, code_weight=1.9), False) is None
    assert rule(Score(0.1, 0.1, 0.1, 0.1, 9, code=0.3, code_weight=1), True) is NAMED


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Fix the  Thing.", "fix the thing"),
        ("[PATCH v2 1/3] Fix the thing (#12)", "fix the thing"),
        ("[stable] Re: [RFC PATCH] Fix the thing", "fix the thing"),
        ("UPSTREAM: 1234: Fix the thing", "fix the thing"),
        ("[ovn] Fix the thing", "[ovn] fix the thing"),
        ('Revert "Fix the thing (#12)" (#15)', 'revert "fix the thing"'),
        ('Revert "', 'revert "'),
        ("." * 100_000 + "x", "." * 1000),
        ("a" + " ." * 50_000 + "b", None),
        ("(#1) " * 30_000 + "x", None),
    ],
    ids=range(10),
)
def test_plain_subjects(subject: str, plain: str | None) -> None:
    found = plain_subject(subject)

    assert found == plain.rstrip(" .") if plain is not None else len(found) <= 1000
    assert subject_key(subject) == subject_key(found)

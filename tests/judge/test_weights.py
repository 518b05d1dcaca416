"""Which lines are for people only: a comment in other words is no other change; what only looks like one is code."""

from __future__ import annotations

import pytest

from syncbot.judge.weights import remarks

COMMENTS = (
    ("// one",),
    ("/* one */",),
    ("/*", " * two", " */"),
    ("int a; /* begins here", "goes on here */"),
    ("# a word",),
    ("dnl m4",),
    ("<!-- html -->",),
)
CODE = (
    ("rm -rf build/*", "chmod 600 key"),
    ("cp -r src/* dst/", "chmod 600 key"),
    ("/*.conf", "/secret"),
    ("/*/local", "/secret"),
    ("# CONFIG_HARDENED is not set",),
    ("# include <a.h>",),
    ("#define A 1",),
    ("*pointer = 0;",),
)


@pytest.mark.parametrize("lines", COMMENTS)
def test_a_comment(lines: tuple[str, ...]) -> None:
    found = list(remarks([line.encode() for line in lines]))
    assert found[-1] == lines[-1].encode()


@pytest.mark.parametrize("lines", CODE)
def test_no_comment(lines: tuple[str, ...]) -> None:
    assert not list(remarks([line.encode() for line in lines]))

"""One value put into a TOML text, all else byte for byte as it was."""

from __future__ import annotations

import pytest

from syncbot.errors import InputError
from syncbot.model.tomledit import put


@pytest.mark.parametrize(
    ("before", "table", "after"),
    [
        ("", ("a", "b"), '[a.b]\nkey = "new"\n'),
        ("# top\nx = 1\n", ("a",), '# top\nx = 1\n\n[a]\nkey = "new"\n'),
        ("[a]\nx = 1 # c\n\n[b]\ny = 2\n", ("a",), '[a]\nx = 1 # c\nkey = "new"\n\n[b]\ny = 2\n'),
        ("[a]\n[a.keep]\nz = 1\n", ("a",), '[a]\nkey = "new"\n[a.keep]\nz = 1\n'),
        ("[a]\nkey = 'old' # c\n", ("a",), "[a]\nkey = 'new' # c\n"),
        ("[a]\r\nx = 1\r\n", ("a",), '[a]\r\nx = 1\r\nkey = "new"\r\n'),
        ("[p]\nq = { x = 1 }\n", ("p", "q"), '[p]\nq = { x = 1, key = "new" }\n'),
        ("[p]\nq = { x = 1 }\n", ("p", "q", "keep"), '[p]\nq = { x = 1, keep.key = "new" }\n'),
        ("[a]\nx = 1", ("a",), '[a]\nx = 1\nkey = "new"\n'),
        ("", ("a", "lib++ x"), '[a."lib++ x"]\nkey = "new"\n'),
    ],
)
def test_a_value_is_put_where_it_belongs(before: str, table: tuple[str, ...], after: str) -> None:
    assert put(before, table, "key", "new") == after


@pytest.mark.parametrize(
    ("before", "table"),
    [("a = 1\n", ("a",)), ("a.b.x = 1\n", ("a", "b")), ("[[a]]\nx = 1\n", ("a", "b"))],
)
def test_what_would_change_the_meaning_of_the_rest_is_refused(before: str, table: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="cannot be edited without loss"):
        put(before, table, "key", "new")

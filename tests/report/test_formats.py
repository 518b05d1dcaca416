"""Rows for other programs."""

from __future__ import annotations

from syncbot.report.formats import to_csv, to_markdown
from syncbot.report.table import Table


def test_csv() -> None:
    rows = [{"name": "a,b", "n": 3, "known": None, "list": ["x", "y"], "yes": True, "share": 0.5}]
    columns = ("name", "n", "known", "list", "yes", "share")
    assert to_csv(rows, columns) == 'name,n,known,list,yes,share\n"a,b",3,,x y,true,0.5\n'


def test_no_cell_of_csv_is_a_formula() -> None:
    rows = [{"name": text} for text in ("=1+1", "+1", "-1", "@x", "fine")]
    assert to_csv(rows, ["name"]).splitlines()[1:] == ["'=1+1", "'+1", "'-1", "'@x", "fine"]
    assert to_csv([{"name": -1}], ["name"]).splitlines() == ["name", "-1"], "a number stays one"


def test_markdown_takes_nothing_from_outside_for_markup() -> None:
    table = Table(("name", "n"), (("a|b <img> @you", "1"),), frozenset({"n"}))
    text = to_markdown(table, "The delta", ["1 package."])
    assert text.splitlines()[:4] == ["## The delta", "", "| name | n |", "| --- | ---: |"]
    row = text.splitlines()[4]
    assert "<img>" not in row
    assert "@you" not in row
    assert "a\\|b" in row


def test_markdown_repeats_the_heads_of_a_group() -> None:
    table = Table(("package", "patch"), (("lib", "one"), ("", "two")), heads=1)
    assert to_markdown(table, "x").splitlines()[-2:] == ["| lib | one |", "| lib | two |"]

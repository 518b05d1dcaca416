"""TOML against a schema: every complaint names its line and a remedy; edits of single values lose nothing."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import InputError
from syncbot.model import tables, tomledit
from syncbot.model.tables import Key, check, choice, did_you_mean, parse


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


COLOUR: Key[Colour] = Key("colour", choice(Colour), Colour.RED, '"red"', "A colour.")
SIZE = Key("limits.most-bytes", tables.SIZE, 1, "1", "A size.")
NAMES: Key[tuple[str, ...]] = Key("names", tables.NAMES, (), "none", "Names.")
FLAG = Key("flag", tables.FLAG, False, "false", "A flag.")
BASE = Key("base", tables.NAME, "", "none", "A version.")
COUNT = Key("count", tables.COUNT, 1, "1", "A count.")
WHY: Key[tuple[tuple[str, str], ...]] = Key("why", tables.NAME_TABLE, (), "empty", "Reasons.")
SCHEMA: tuple[Key[Any], ...] = (COLOUR, SIZE, NAMES, FLAG, BASE, COUNT, WHY)


def test_values_are_read_and_the_rest_is_the_default() -> None:
    text = b'colour = "green"\nnames = ["a", "b"]\n[limits]\nmost-bytes = "2 MiB"\n[why]\n"x.y" = "z"\n'
    values = check(parse(text, "t.toml"), SCHEMA)
    assert values.get(COLOUR) is Colour.GREEN
    assert values.get(SIZE) == 2 * 1024 * 1024
    assert values.get(NAMES) == ("a", "b")
    assert values.get(WHY) == (("x.y", "z"),)
    assert not values.get(FLAG)
    assert values.get_or(BASE, "1.0") == "1.0"
    assert values.given(COLOUR)
    assert not values.given(BASE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = = 2\n", "t.toml:2: broken TOML: invalid value; mend this line"),
        ("a = 1\nb = [1,\n", "t.toml:2: broken TOML: "),
        ("a = 1\na = 2\n", "t.toml:2: broken TOML: cannot overwrite a value"),
        ("a = '\udc80'", "t.toml:1: this is not UTF-8; save the file as UTF-8"),
        ("a = " + "[" * 20_000, "t.toml: the values are nested too deep"),
        ("a = " + "9" * 5_000, "t.toml"),
        ("# x\ncolor = 1\n", 't.toml:2: unknown key "color"; did you mean "colour"?'),
        ("zzz = 1\n", 't.toml:1: unknown key "zzz"; known are base, colour, count, flag, limits, names, why'),
        ("[limits]\n# x\nmost-byte = 1\n", 't.toml:3: unknown key "limits.most-byte"; did you mean "most-bytes"?'),
        ('"limits.most-bytes" = 1\n', 't.toml:1: unknown key "limits.most-bytes"'),
        ("flag = true\nlimits = 3\n", "t.toml:2: limits is 3, but must be a table"),
        ('colour = "gren"\n', 't.toml:1: colour is "gren", but must be one of "red", "green"; did you mean "green"?'),
        ("colour = 1\n", 't.toml:1: colour is 1, but must be one of "red", "green"'),
        ("\nbase = 1.20\n", 't.toml:2: base is 1.2, but must be a string; write it in quotes: "1.2"'),
        ('base = ""\n', 't.toml:1: base is "", but must be a string on one line that is not empty'),
        ('flag = "yes"\n', 't.toml:1: flag is "yes", but must be true or false, without quotes'),
        ('names = "a"\n', 't.toml:1: names is "a", but must be a list of strings'),
        ("names = [1]\n", 't.toml:1: names has 1, but each must be a string; write it in quotes: "1"'),
        ("count = true\n", "t.toml:1: count is true, but must be a whole number above zero"),
        ("limits.most-bytes = 0\n", "t.toml:1: limits.most-bytes is 0, but must be a size above zero"),
        ('[limits]\nmost-bytes = "2 miles"\n', 't.toml:2: limits.most-bytes is "2 miles", but must be a size'),
        ("why = [1]\n", "t.toml:1: why is a list, but must be a table of strings"),
        ('[why]\na = "b"\nc = 1\n', 't.toml:3: "c" in [why] is 1, but must be a string on one line that is not'),
    ],
)
def test_complaints(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check(parse(text.encode(errors="surrogateescape"), "t.toml"), SCHEMA)
    assert str(caught.value).startswith(message)


def test_a_complaint_shows_no_password() -> None:
    with pytest.raises(InputError) as caught:
        check(parse(b'flag = "https://me:hunter2@host/x"\n', "t.toml"), SCHEMA)
    assert "hunter2" not in str(caught.value)


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(InputError, match="too many for a settings file"):
        parse(b"#" * (tables.MAX_BYTES + 1), "t.toml")


@pytest.mark.parametrize(
    ("given_size", "size"),
    [("1", 1), ('"100 B"', 100), ('"64 KiB"', 65536), ('"3MB"', 3_000_000), ('"1 GiB"', 2**30), ('"2 kB"', 2000)],
)
def test_sizes(given_size: str, size: int) -> None:
    document = parse(f"limits.most-bytes = {given_size}\n".encode(), "t.toml")
    assert check(document, SCHEMA).get(SIZE) == size


def test_the_table_below_others_is_found_and_has_its_own_lines() -> None:
    text = b'[project]\nname = "x"\n\n[tool.x]\nflag = true\n\n[tool.x.limits]\nmost-bytes = "x"\n'
    with pytest.raises(InputError, match=r"t\.toml:8: limits\.most-bytes"):
        check(parse(text, "t.toml"), SCHEMA, ("tool", "x"))
    with pytest.raises(InputError, match=r"t\.toml:1: tool\.x is 3, but must be a table"):
        check(parse(b"tool.x = 3\n", "t.toml"), SCHEMA, ("tool", "x"))


def test_a_word_like_no_other_gets_all_of_them() -> None:
    assert did_you_mean("patchs", ["patches", "state"]) == 'did you mean "patches"?'
    assert did_you_mean("q", ["patches", "state"]) == "known are patches, state"
    assert did_you_mean("q", []) == ""


def test_where_keys_stand() -> None:
    text = 'a = """x\n[no]\n"""\n[t] # c\n"k.1" = [ # [x]\n  "]",\n]\nd.e = {f = 1} # g\n[[u]]\nv = \'#\'\n'
    found = tomledit.spots(text)
    shown = {key: (spot.line, text[spot.start : spot.end]) for key, spot in found.items()}
    assert shown == {
        ("a",): (1, '"""x\n[no]\n"""'),
        ("t",): (4, "[t]"),
        ("t", "k.1"): (5, '[ # [x]\n  "]",\n]'),
        ("t", "d", "e"): (8, "{f = 1}"),
        ("u",): (9, "[[u]]"),
        ("u", "v"): (10, "'#'"),
    }
    assert tomledit.line_of(found, ("t", "d")) == 8
    assert tomledit.line_of(found, ("t", "d", "e", "f")) == 8
    assert tomledit.line_of(found, ("nowhere",)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('u = 1\nbase = "1" # why\n', 'u = 1\nbase = "2.0" # why\n'),
        (
            "u=1\r\nbase  =\t'1'\t# why\r\n[x]\r\nbase = '1'\r\n",
            "u=1\r\nbase  =\t'2.0'\t# why\r\n[x]\r\nbase = '1'\r\n",
        ),
        ('"base" = """1"""\nu = 1', '"base" = "2.0"\nu = 1'),
        ("# base = 3\nu = 1 # x\n\n[x]\n", '# base = 3\nu = 1 # x\nbase = "2.0"\n\n[x]\n'),
        ("u = 1", 'u = 1\nbase = "2.0"\n'),
    ],
)
def test_one_value_is_replaced(before: str, after: str) -> None:
    assert tomledit.set_text(before, "base", "2.0", after="u") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = 1\n", 'a = 1\n\n[keep]\n"x.patch" = "why"\n'),
        ("", '[keep]\n"x.patch" = "why"\n'),
        ("[keep] # c\n# d\n\n[z]\n", '[keep] # c\n"x.patch" = "why"\n# d\n\n[z]\n'),
        ("[keep]\nb = 'c' # d\n\n[z]\r\n", '[keep]\nb = \'c\' # d\n"x.patch" = "why"\r\n\n[z]\r\n'),
        ("keep = {}\n", 'keep = { "x.patch" = "why" }\n'),
        ("keep = { b = 'c' } # d\n", 'keep = { b = \'c\', "x.patch" = "why" } # d\n'),
        ("keep.b = 'c'\n[z]\n", 'keep.b = \'c\'\nkeep."x.patch" = "why"\n[z]\n'),
    ],
)
def test_one_entry_is_added(before: str, after: str) -> None:
    added = tomledit.add_to_table(before, "keep", "x.patch", "why")
    assert tomllib.loads(added)["keep"]["x.patch"] == "why"
    assert added == after


def test_an_edit_that_would_not_read_back_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be edited without loss"):
        tomledit.add_to_table('keep = "x"\n', "keep", "a", "b")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_can_be_quoted(text: str) -> None:
    assert tomllib.loads(f"k = {tomledit.quoted(text)}")["k"] == text


@given(st.text(max_size=60))
def test_the_scan_takes_whatever_toml_takes(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except ValueError:
        return
    assert set(data) == {path[0] for path in tomledit.spots(text)}

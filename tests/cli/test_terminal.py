"""The terminal: rich where somebody looks, plain text where not; progress out of the way of results."""

from __future__ import annotations

import io
import re

import pytest

from syncbot.cli import terminal
from syncbot.report.table import Table

TABLE = Table(("patch", "verdict", "lines"), (("a[b].patch", "obsolete", "7"),), frozenset({"lines"}))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


NAMES = ("0002-namespaces-mapping-supplies-defaults-and-more.patch", "security/CVE-2021-44906.patch")
WHY = "All of its effect is in the release: 62% of its weight stands at its own place and nothing speaks against it."
LONG = Table(
    ("package", "delta", "patch", "verdict", "why"),
    (
        ("lib", "2 -> 1 patches", NAMES[0], "obsolete", WHY),
        ("", "", NAMES[1], "conflict", WHY),
        ("other", "0 patches", "", "up to date", "Nothing is newer."),
    ),
    below="why",
    heads=2,
)


def shown(monkeypatch: pytest.MonkeyPatch, content: Table = TABLE, **environment: str) -> str:
    """What the table looks like on a terminal."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    terminal.table(content)
    return screen.getvalue()


def test_a_terminal_gets_colour_and_the_very_words(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch)
    assert "\x1b[32mobsolete" in text
    assert "a[b].patch" in text


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[3" not in shown(monkeypatch, NO_COLOR="1")


@pytest.mark.parametrize("columns", [20, 60, 80, 120, 200])
def test_names_stay_whole_and_reasons_readable_on_every_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    text = re.sub(r"\x1b\[\d*m", "", shown(monkeypatch, LONG, COLUMNS=str(columns)))
    for name in NAMES:
        assert name in text
    if columns >= 60:
        reasons = [line for line in text.splitlines() if re.search(r"effect|weight|place|nothing|against", line)]
        assert len(reasons) <= 2 * 3
        assert all(len(line) <= columns for line in text.splitlines())


def test_a_narrow_terminal_has_the_reason_below_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, LONG, COLUMNS="80", NO_COLOR="1")
    body = re.sub(r"\x1b\[\d*m", "", text).splitlines()[2:]
    assert body == [
        "lib  2 -> 1 patches",
        f"  {NAMES[0]}  obsolete",
        "      All of its effect is in the release: 62% of its weight stands at its own",
        "      place and nothing speaks against it.",
        f"  {NAMES[1]}                             conflict",
        "      All of its effect is in the release: 62% of its weight stands at its own",
        "      place and nothing speaks against it.",
        "other  0 patches",
        "  up to date",
        "      Nothing is newer.",
    ]


def test_a_dumb_terminal_and_a_pipe_get_plain_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = "patch       verdict   lines\na[b].patch  obsolete      7\n"
    assert shown(monkeypatch, TERM="dumb") == plain
    monkeypatch.undo()
    terminal.table(TABLE)
    assert capsys.readouterr().out == plain


def test_progress_is_one_line_on_standard_error_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", Terminal())
    with terminal.progress(quiet=False) as tell:
        for done in range(100_000):
            tell("fetching \x1b[31mlib", done, 100_000)
        seen = terminal.sys.stderr.getvalue()  # type: ignore[attr-defined]  # it is the Terminal above
    text = terminal.sys.stderr.getvalue()  # type: ignore[attr-defined]  # likewise
    assert seen.startswith("\r\x1b[Kfetching [U+001B][31mlib 0 %")
    assert seen.count("fetching") < 1000
    assert text.endswith("\r\x1b[K")


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_is_quiet_when_piped_or_asked(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress(quiet=quiet) as tell:
        tell("fetching lib", 1, 2)
    assert capsys.readouterr().err == ""


NUMBERS = Table(
    ("package", "behind", "lines", "at the newest release", "owners"),
    (
        ("lib", "1, 320 d", "7", "1.1: keep 1", "ann"),
        ("another", "-", "1234", "", "team-of-many@example.org"),
    ),
    frozenset({"lines"}),
)


def test_a_narrow_terminal_has_a_row_on_several_lines_each_lined_up(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, NUMBERS, COLUMNS="36", NO_COLOR="1")
    assert re.sub(r"\x1b\[\d*m", "", text).splitlines() == [
        "package  behind    lines",
        "    at the newest release",
        "    owners",
        "lib      1, 320 d      7",
        "    1.1: keep 1",
        "    ann",
        "another  -          1234",
        "    team-of-many@example.org",
    ]


def test_a_sentence_is_broken_between_words_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    assert terminal.folded("one two three four") == ["one two three four"]
    monkeypatch.setattr("sys.stdout", Terminal())
    assert terminal.folded("one two three four") == ["one two", "three four"]

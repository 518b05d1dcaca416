"""The hidden line by which a proposal is found again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.forges import marker
from syncbot.forges.marker import Marker
from syncbot.model.ids import CommitId, Fingerprint, PackageName

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MARK = Marker(
    PackageName("lib"), "stable", "syncbot/lib/stable", "main", CommitId("1" * 40), CommitId("2" * 40), "lib: 1.1",
    Fingerprint("f" * 64), "1.1", NOON,
)  # fmt: skip
HOSTILE = st.text(st.sampled_from('<>-!@#`*_[](){}"\\/: \n\r\u202eaé\ud800'), max_size=40)


@given(title=HOSTILE, note=HOSTILE, line=HOSTILE, body=HOSTILE)
def test_it_is_read_back_and_means_nothing_to_markdown(title: str, note: str, line: str, body: str) -> None:
    mark = replace(MARK, title=title, note=note, line=line, labels=(title,))
    whole = marker.write(body, mark)
    assert marker.read(whole)[1] == mark
    last = whole.rstrip("\n").rpartition("\n")[2]
    assert re.fullmatch(r"<!-- syncbot:proposal/1 [^<>&@#`*_~|!]* -->", last)
    assert last.count("--") == 2


@given(body=HOSTILE)
def test_a_body_cannot_bring_its_own(body: str) -> None:
    forged = marker.write("", replace(MARK, title="forged"))
    _text, read = marker.read(marker.write(body + forged, MARK))
    assert read == MARK
    assert "proposal/1" not in _text


def test_words_come_back_as_they_were() -> None:
    assert marker.read(marker.write("## Why\n\nBecause.\n", MARK)) == ("## Why\n\nBecause.\n", MARK)


def test_words_that_went_through_a_browser_come_back_too() -> None:
    whole = marker.write("## Why\n\nBecause.\n", MARK).replace("\n", "\r\n")
    assert marker.read(whole) == ("## Why\n\nBecause.\n", MARK)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("1" * 40, "main"),
        lambda text: text.replace('"lib"', "7"),
        lambda text: text.replace("2024", "never"),
        lambda text: text.replace('"target"', '"other"'),
        lambda text: text + "more words below",
        lambda text: text.replace("proposal/1", "proposal/2"),
        lambda text: text.replace('"labels":[]', '"labels":[1]'),
    ],
)
def test_a_damaged_one_is_none(damage: object) -> None:
    assert callable(damage)
    text = damage(marker.write("words\n", MARK))
    assert marker.read(text) == (text, None)

"""What GitHub's answers mean, without a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from syncbot.errors import ForgeError, ForgeRefused, HostileInput
from syncbot.forges import github_wire as wire
from syncbot.forges.github_wire import Meaning

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
ASKED = "https://api.github.com/repos/a/b/pulls?per_page=100"


@pytest.mark.parametrize(
    ("status", "headers", "message", "meant"),
    [
        (200, {}, "", Meaning.DONE),
        (204, {}, "", Meaning.DONE),
        (304, {}, "", Meaning.UNCHANGED),
        (307, {}, "", Meaning.MOVED),
        (401, {}, "Bad credentials", Meaning.TOKEN),
        (403, {}, "Resource not accessible by integration", Meaning.REFUSED),
        (403, {"x-ratelimit-remaining": "4999"}, "Must have admin rights", Meaning.REFUSED),
        (403, {"x-ratelimit-remaining": "0"}, "", Meaning.LIMITED),
        (403, {"retry-after": "1"}, "", Meaning.LIMITED),
        (403, {}, "You have exceeded a secondary rate limit", Meaning.LIMITED),
        (403, {}, "You have triggered an abuse detection mechanism", Meaning.LIMITED),
        (429, {}, "", Meaning.LIMITED),
        (408, {}, "", Meaning.TROUBLE),
        (502, {}, "", Meaning.TROUBLE),
        (422, {}, "Validation Failed", Meaning.REFUSED),
    ],
)
def test_what_an_answer_is(status: int, headers: Mapping[str, str], message: str, meant: Meaning) -> None:
    assert wire.meaning(status, headers, message) is meant


@pytest.mark.parametrize(
    ("headers", "tried", "wait"),
    [
        ({"retry-after": "7"}, 3, 7),
        ({"retry-after": "Fri, 01 Mar 2024 12:01:30 GMT"}, 0, 90),
        ({"retry-after": "Fri, 01 Mar 2024 11:00:00 GMT"}, 0, 0),
        ({"retry-after": "soon"}, 0, 60),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 0, 31),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 0, 60),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "\u0661"}, 0, 60),
        ({}, 0, 60),
        ({}, 2, 240),
    ],
)
def test_how_long_to_wait(headers: Mapping[str, str], tried: int, wait: float) -> None:
    assert wire.wait_of(headers, NOW, tried) == wait


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("", None),
        ('<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"',
         "https://api.github.com/x?page=2"),
        ('<https://api.github.com/x?page=1>; rel="prev"', None),
        ("</x?page=2>; rel=next", "https://api.github.com/x?page=2"),
    ],
)  # fmt: skip
def test_the_next_page(link: str, page: str | None) -> None:
    assert wire.next_page({"link": link}, ASKED) == page


@pytest.mark.parametrize(
    "address",
    [
        "https://api.github.com.evil.example/x",
        "https://api.github.com@evil.example/x",
        "//evil.example/x",
        "http://api.github.com/x",
        "https://api.github.com:8443/x",
        "https://api.github.com:port/x",
    ],
)
def test_another_host_is_refused(address: str) -> None:
    with pytest.raises(HostileInput, match="on another host"):
        wire.same_host(address, ASKED, "a new address")


def test_what_an_error_says() -> None:
    document = {"message": "Validation Failed", "errors": [{"code": "invalid"}, {"message": "taken"}, "plain", 7]}
    assert wire.message_of(document) == "Validation Failed; invalid; taken; plain"
    assert wire.message_of([]) == wire.message_of({"message": None}) == ""
    assert isinstance(wire.refusal("GET", "/x", 404, ""), wire.NotThere)
    assert isinstance(wire.refusal("GET", "/x", 418, ""), ForgeRefused)
    assert type(wire.refusal("GET", "/x", 401, "")) is ForgeError

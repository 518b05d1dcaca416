"""What a patch's text says of itself."""

from __future__ import annotations

from datetime import date

import pytest

from syncbot.model.measures import Forwarded
from syncbot.report.facts import facts

DIFF = "--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,3 @@\n one\n-two\n+TWO\n+three\n"


def test_sizes_and_header() -> None:
    text = f"Subject: [PATCH] mend it\nDate: Tue, 2 Jan 2024 03:04:05 +0000\n\n{DIFF}"
    found = facts(text.encode(), None, "CVE-2024-1111.patch")
    assert (found.paths, found.added, found.removed, found.lines) == (("x.c",), 2, 1, 3)
    assert found.weight == len("two\nTWO\nthree\n")
    assert (found.subject, found.written, found.cves) == ("mend it", date(2024, 1, 2), ("CVE-2024-1111",))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Forwarded.UNKNOWN),
        ("Forwarded: no", Forwarded.NOT_SENT),
        ("Forwarded: not-needed", Forwarded.NO_NEED),
        ("Forwarded: yes", Forwarded.SENT),
        ("Forwarded: https://example.org/pull/3", Forwarded.SENT),
        ("Upstream-Status: Pending", Forwarded.NOT_SENT),
        ("Upstream-Status: Submitted [the list]", Forwarded.SENT),
        ("Upstream-Status: Denied", Forwarded.REFUSED),
        ("Upstream-Status: Inappropriate [configuration]", Forwarded.NO_NEED),
        ("Upstream-Status: Backport [abc]", Forwarded.UPSTREAM),
        (f"(cherry picked from commit {'a' * 40})", Forwarded.UPSTREAM),
        ("Forwarded: who knows", Forwarded.UNKNOWN),
        ("Subject: [PATCH] UPSTREAM: 12345: mend it", Forwarded.SENT),
        ("Subject: UPSTREAM: <carry>: ours", Forwarded.NO_NEED),
        ("Subject: UPSTREAM: <drop>: ours", Forwarded.NO_NEED),
        ("Subject: UPSTREAM: net: mend it", Forwarded.UPSTREAM),
        ("Subject: BACKPORT: net: mend it", Forwarded.UPSTREAM),
        ("Subject: FROMLIST: net: mend it", Forwarded.SENT),
        ("Subject: CHROMIUM: net: mend it", Forwarded.NO_NEED),
        ("Subject: UPSTREAM: net: mend it\nForwarded: no", Forwarded.NOT_SENT),
    ],
)
def test_whether_it_was_sent(header: str, expected: Forwarded) -> None:
    assert facts(f"{header}\n\n{DIFF}".encode(), None, "a.patch").forwarded is expected


def test_what_is_no_patch_counts_nothing() -> None:
    found = facts(b"--- a/x.c\n+++ b/x.c\n@@ -1,9 +1,9 @@\n nonsense\n", None, "cve-2020-0001.patch")
    assert (found.readable, found.lines, found.cves) == (False, 0, ("CVE-2020-0001",))

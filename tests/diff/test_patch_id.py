"""The same change has the same identity, however it is written; another one has not."""

from __future__ import annotations

import pytest

from syncbot.diff.identity import patch_id

PATCH = b"--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"


@pytest.mark.parametrize(
    "same",
    [
        b"Subject: shout\n\nIt must be heard.\n" + PATCH,
        PATCH.replace(b"@@ -1,3 +1,3 @@", b"@@ -11,3 +12,3 @@ main()"),
        PATCH.replace(b" one", b" uno").replace(b" three", b" drei"),
        PATCH.replace(b"\n", b"\r\n"),
        b"diff --git a/a.c b/a.c\nindex 123..456 100644\n" + PATCH,
    ],
)
def test_comments_places_and_surroundings_do_not_count(same: bytes) -> None:
    assert patch_id(same) == patch_id(PATCH)


@pytest.mark.parametrize(
    "other",
    [
        PATCH.replace(b"TWO", b"Two"),
        PATCH.replace(b"a.c", b"b.c"),
        PATCH.replace(b"+TWO", b"+ TWO"),
        b"",
        b"no patch",
    ],
)
def test_what_changes_something_else_is_another_patch(other: bytes) -> None:
    assert patch_id(other) != patch_id(PATCH)

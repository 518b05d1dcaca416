"""A refreshed patch is written as its people write theirs."""

from __future__ import annotations

import pytest

from syncbot.diff.form import formed_like
from syncbot.diff.parse import parse_patch

GIT = b"Fix it.\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
QUILT = b"Fix it.\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+c\n"
NEW = b"diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n"
GONE = b"diff --git a/g b/g\ndeleted file mode 100644\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n"
TOLD = b"diff --git a/y b/y\n"


@pytest.mark.parametrize(
    ("before", "patch", "bare"),
    [
        (QUILT, GIT, True),
        (QUILT, GIT + NEW + GONE, True),
        (GIT, GIT, False),
        (b"", GIT, False),
        (QUILT, GIT + TOLD + b"old mode 100644\nnew mode 100755\n", False),
        (QUILT, TOLD + b"old mode 100644\nnew mode 100755\n" + GIT.partition(b"\n\n")[2], False),
        (QUILT, NEW.replace(b"100644", b"100755") + GIT.partition(b"\n\n")[2], False),
        (QUILT, TOLD + b"rename from y\nrename to z\n", False),
        (QUILT, b"diff --git a/e b/e\nnew file mode 100644\n", False),
    ],
)
def test_a_refresh_adds_no_lines_of_git_to_a_patch_of_quilt(before: bytes, patch: bytes, bare: bool) -> None:
    made = formed_like(before, patch)
    assert (b"diff --git" not in made) is bare
    assert bare or made == patch
    told = [(file.old_path, file.new_path, file.hunks) for file in parse_patch(patch).files]
    assert [(file.old_path, file.new_path, file.hunks) for file in parse_patch(made).files] == told

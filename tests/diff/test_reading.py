"""What people's patch files look like, and what is read from them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch
from syncbot.diff.place import apply_file
from syncbot.errors import HostileInput, PatchError
from syncbot.model.trees import EXECUTABLE, FILE, SYMLINK

HUNK = b"@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n"
GIT = b"diff --git a/src/a.c b/src/a.c\nindex 1111111..2222222 100644\n--- a/src/a.c\n+++ b/src/a.c\n" + HUNK
BEFORE, AFTER = b"one\ntwo\nthree\n", b"one\nzwei\nthree\n"


def only(patch: bytes, strip: int | None = None) -> FilePatch:
    (file,) = parse_patch(patch, strip).files
    return file


def result(file: FilePatch, before: bytes | None = BEFORE) -> bytes | None:
    applied = apply_file(before, file)
    assert applied is not None, "it does not apply"
    return applied.content


MAIL = (
    b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
    b"From: A Person <person@example.org>\nDate: Mon, 14 Sep 2020 10:00:00 +0000\nSubject: [PATCH 2/3] two is zwei\n\n"
)
HEADERS = [
    pytest.param(b"", id="none"),
    pytest.param(
        MAIL + b"Because.\n---\n src/a.c | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n", id="mail"
    ),
    pytest.param(MAIL + b"Old notes:\n@@ -1,3 +1,4 @@\n one\n+and this\n---\n\n", id="@@ in the message"),
    pytest.param(
        MAIL + b"--- this is not a file\n+++ neither is this\nand on it goes\n---\n", id="--- and +++ in the message"
    ),
    pytest.param(b"Description: two is zwei\n Because.\n .\n --- more\nOrigin: vendor\nForwarded: no\n\n", id="DEP-3"),
    pytest.param(b"---\nauthor: somebody\n---\n\n", id="dashes only"),
    pytest.param("Grüße, Jürgen\n\n".encode("latin-1"), id="latin-1"),
    pytest.param(b"Index: pkg/src/a.c\n" + b"=" * 67 + b"\n", id="svn"),
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("body", [GIT, GIT[GIT.index(b"---") :]], ids=["git", "plain"])
def test_headers(header: bytes, body: bytes) -> None:
    patch = parse_patch(header + body)
    (file,) = patch.files
    assert (file.old_path, file.new_path) == ("src/a.c", "src/a.c")
    assert result(file) == AFTER
    assert patch.header == header


@pytest.mark.parametrize(
    ("names", "strip", "path"),
    [
        (b"--- a/src/a.c\n+++ b/src/a.c\n", None, "src/a.c"),
        (b"--- a/src/a.c\n+++ b/src/a.c\n", 1, "src/a.c"),
        (b"--- src/a.c\n+++ src/a.c\n", 0, "src/a.c"),
        (b"--- x/y/src/a.c\n+++ x/y/src/a.c\n", 2, "src/a.c"),
        (b"--- pkg-1.0.orig/src/a.c\n+++ pkg-1.0/src/a.c\n", None, "src/a.c"),
        (b"--- pkg.orig/a.c\n+++ pkg/a.c\n", 1, "a.c"),
        (
            b"--- a/src/a.c\t2020-01-01 10:00:00.000000000 +0100\n+++ b/src/a.c\t2020-01-01 10:00:01 +0100\n",
            1,
            "src/a.c",
        ),
        (b"--- a/src/a.c 2020-01-01 10:00:00.000000000 +0100\n+++ b/src/a.c 2020-01-01 10:00:01 +0100\n", 1, "src/a.c"),
        (b"--- a/src/a.c\t(revision 12)\n+++ b/src/a.c\t(working copy)\n", 1, "src/a.c"),
        (b"--- a/src/a.c.orig\n+++ b/src/a.c\n", 1, "src/a.c"),
        (b"--- a/src/a.c~\n+++ b/src/a.c\n", 1, "src/a.c"),
        (b"--- a//src///a.c\n+++ b//src///a.c\n", 1, "src/a.c"),
        (b'--- "a/\\303\\244\\tb.c"\n+++ "b/\\303\\244\\tb.c"\n', 1, "ä\tb.c"),
        (b'--- "a/q\\"\\\\.c"\n+++ "b/q\\"\\\\.c"\n', 1, 'q"\\.c'),
        (b"--- a/with space.c\t\n+++ b/with space.c\t\n", 1, "with space.c"),
        (b"--- a/latin\xe9.c\n+++ b/latin\xe9.c\n", 1, "latin\udce9.c"),
    ],
)
def test_names(names: bytes, strip: int | None, path: str) -> None:
    file = only(names + HUNK, strip)
    assert (file.old_path, file.new_path) == (path, path)
    assert not file.renamed
    assert result(file) == AFTER


def test_strip_is_found_out_by_what_exists() -> None:
    patch = b"--- x/y/src/a.c\n+++ x/y/src/a.c\n" + HUNK
    (file,) = parse_patch(patch, exists=lambda path: path == "src/a.c").files
    assert file.new_path == "src/a.c"
    (file,) = parse_patch(b"--- src/a.c\n+++ src/a.c\n" + HUNK, exists=lambda path: path == "src/a.c").files
    assert file.new_path == "src/a.c"


def test_a_strip_that_is_too_deep_is_an_error() -> None:
    with pytest.raises(PatchError):
        parse_patch(b"--- a.c\n+++ a.c\n" + HUNK, 3)


HEAD = b"--- a/f\n+++ b/f\n"


@pytest.mark.parametrize(
    ("hunk", "before", "after"),
    [
        (b"@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n-- \n2.28.0\n\n", BEFORE, AFTER),
        (b"@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n\n\n", BEFORE, AFTER),
        (b"@@ -1,4 +1,4 @@\n one\n-two\n+zwei\n three\n", BEFORE, AFTER),
        (b"@@ -1,4 +1,4 @@\n one\n\n-two\n+zwei\n three\n", b"one\n\ntwo\nthree\n", b"one\n\nzwei\nthree\n"),
        (b"@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", b"a\n", b"b"),
        (b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", b"a", b"b\n"),
        (b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n", b"a", b"b"),
        (b"@@ -1,2 +1,2 @@\n-a\n+b\n c\n\\ No newline at end of file\n", b"a\nc", b"b\nc"),
        (b"@@ -1 +1,2 @@\n a\n+b\n", b"a\n", b"a\nb\n"),
        (b"@@ -1,2 +0,0 @@\n-a\n-b\n", b"a\nb\n", b""),
        (b"@@ -0,0 +1,2 @@\n+a\n+b\n", b"", b"a\nb\n"),
        (b"@@ -1,3 +1,3 @@ int main(void)\n one\n-two\n+zwei\n three\n", BEFORE, AFTER),
        (b"@@ -1,3 +1,3 @@\n one\n--- two\n+++ zwei\n three\n", b"one\n-- two\nthree\n", b"one\n++ zwei\nthree\n"),
        (b"@@ -1,2 +1,2 @@\n one\r\n-two\r\n+zwei\r\n", b"one\r\ntwo\r\n", b"one\r\nzwei\r\n"),
        (b"@@ -1,2 +1,2 @@\n-caf\xe9\n+caf\xc3\xa9\n x\n", b"caf\xe9\nx\n", b"caf\xc3\xa9\nx\n"),
        (b"@@ -1,2 +1,2 @@\n-a\x0cb\x0bc\x1cd\x85e\n+f\n x\n", b"a\x0cb\x0bc\x1cd\x85e\nx\n", b"f\nx\n"),
        (b"@@ -1,2 +1,3 @@\n a\n+\xe2\x80\xa8\n b\n", b"a\nb\n", b"a\n\xe2\x80\xa8\nb\n"),
        (b"@@ -1,2 +1,3 @@\n a\n+x\ry\n b\n", b"a\nb\n", b"a\nx\ry\nb\n"),
    ],
    ids=["mail signature", "blank lines below", "last hunk one line short", "blank context without its blank",
         "newline lost", "newline gained", "no newline on both sides", "no newline in the context", "counts of one",
         "emptied", "filled", "section name", "lines that look like names", "CRLF content", "latin-1",
         "other line ends", "line separator", "lone CR"],
)  # fmt: skip
def test_hunks(hunk: bytes, before: bytes, after: bytes) -> None:
    assert result(only(HEAD + hunk, 1), before) == after


def test_a_patch_with_cr_on_every_line_is_for_lf_content() -> None:
    file = only((MAIL + b"\n---\n" + GIT).replace(b"\n", b"\r\n"))
    assert file.new_path == "src/a.c"
    assert result(file) == AFTER


@pytest.mark.parametrize("which", ["literal", "delta"])
def test_binary_as_git_writes_it(which: str, tmp_path: Path) -> None:
    old = bytes(range(256)) * 8
    new = old[:700] + b"inserted" + old[700:] if which == "delta" else b"\0short"
    for name, content in (("old", old), ("new", new)):
        (tmp_path / name).write_bytes(content)
    command = ["git", "diff", "--no-index", "--binary", "old", "new"]
    patch = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    assert b"\n" + which.encode() + b" " in patch
    file = only(patch.replace(b"a/old", b"a/f").replace(b"b/new", b"b/f"))
    assert result(file, old) == new
    back = apply_file(new, file, reverse=True)
    assert back is not None
    assert back.content == old


def test_binary_without_its_bytes_is_read_and_applies_to_nothing() -> None:
    patch = b"diff --git a/f.bin b/f.bin\nindex 1..2 100644\nBinary files a/f.bin and b/f.bin differ\n"
    file = only(patch)
    assert file.new_path == "f.bin"
    assert apply_file(b"\0", file) is None


G = b"diff --git a/f b/f\n"


@pytest.mark.parametrize(
    ("patch", "old", "new", "modes"),
    [
        (G + b"old mode 100644\nnew mode 100755\n", "f", "f", (FILE, EXECUTABLE)),
        (G + b"new file mode 100644\nindex 0000000..e69de29\n", None, "f", (None, FILE)),
        (G + b"deleted file mode 100644\nindex e69de29..0000000\n", "f", None, (FILE, None)),
        (b"diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n", "f", "g", (None, None)),
        (G + b"new file mode 120000\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+target\n\\ No newline at end of file\n",
         None, "f", (None, SYMLINK)),
        (b"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", None, "f", (None, None)),
        (b"--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", "f", None, (None, None)),
        (b"--- a/f\t1970-01-01 00:00:00.000000000 +0000\n+++ b/f\t2020-01-01 00:00:00 +0000\n@@ -0,0 +1 @@\n+a\n",
         None, "f", (None, None)),
    ],
    ids=["mode", "empty new file", "empty file deleted", "rename", "symlink", "added", "deleted", "added, by its date"],
)  # fmt: skip
def test_kinds(patch: bytes, old: str | None, new: str | None, modes: tuple[int | None, int | None]) -> None:
    file = only(patch, 1)
    assert (file.old_path, file.new_path, (file.old_mode, file.new_mode)) == (old, new, modes)
    assert file.renamed == (old is not None and new is not None and old != new)


def test_a_submodule() -> None:
    ids = [digit * 40 for digit in (b"1", b"2")]
    lines = b"-Subproject commit " + ids[0] + b"\n+Subproject commit " + ids[1] + b"\n"
    patch = b"diff --git a/lib b/lib\nindex 1111111..2222222 160000\n--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n" + lines
    file = only(patch)
    assert (file.new_path, file.new_mode) == ("lib", 0o160000)


def test_several_commits_in_one_file() -> None:
    other = GIT.replace(b"src/a.c", b"src/b.c")
    patch = parse_patch(
        MAIL + b"---\n" + GIT + b"-- \n2.28.0\n\n" + MAIL.replace(b"two is zwei", b"again") + b"---\n" + other
    )
    assert [commit.subject for commit in patch.commits] == ["two is zwei", "again"]
    assert [[file.path for file in commit.files] for commit in patch.commits] == [["src/a.c"], ["src/b.c"]]
    assert [file.path for file in patch.files] == ["src/a.c", "src/b.c"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"Description: nothing\n\n", MAIL + b"An empty commit.\n---\n"])
def test_empty_patches(content: bytes) -> None:
    assert parse_patch(content).files == ()


@pytest.mark.parametrize(
    "content",
    [
        b"diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n",
        b"diff --combined f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n",
        G + b"--- a/f\n+++ b/f\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n",
        b"\x7fELF\x02\x01\x01\0\0\0\0\xff\xfe",
        b"<html><body>404 not found</body></html>\n",
        b"int main(void)\n{\n\treturn 0;\n}\n",
        G + b"new file mode 1006xx\n",
        G + b"GIT binary patch\nliteral 5\nzzz not base 85 \x01\n\n",
    ],
    ids=["diff --cc", "diff --combined", "combined hunk", "a program", "a page", "source", "mode", "base 85"],
)
def test_what_is_no_patch_is_an_error(content: bytes) -> None:
    with pytest.raises(PatchError):
        parse_patch(content)


def test_a_hunk_cut_in_the_middle_is_not_applied_as_if_whole() -> None:
    """Ten lines are promised and three are there: either it is refused when read, or nowhere placed."""
    patch = HEAD + b"@@ -1,10 +1,11 @@\n one\n+new\n two\n"
    try:
        file = only(patch, 1)
    except PatchError:
        return
    assert (
        apply_file(b"".join(b"%s\n" % w for w in b"one two three four five six seven eight nine ten".split()), file)
        is None
    )


HOSTILE = ["../x", "/etc/passwd", ".git/config", ".GIT/x", "a/../../b", "sub/.git/hooks/x", "a/.Git/x", "..",
           "git~1/config", ".git. /x", "x/../.git/config", "C:/windows/x"]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_names_in_plain_patches(path: str) -> None:
    with pytest.raises(HostileInput):
        parse_patch(f"--- {path}\n+++ {path}\n".encode() + HUNK, 0)


@pytest.mark.parametrize("path", [path for path in HOSTILE if not path.startswith("/")])
@pytest.mark.parametrize("kind", ["change", "add", "delete", "rename to", "rename from", "mode", "quoted"])
def test_hostile_names_in_git_patches(path: str, kind: str) -> None:
    a, b = f"a/{path}", f"b/{path}"
    head = f"diff --git {a} {b}\n"
    patch = {
        "change": f"{head}--- {a}\n+++ {b}\n@@ -1 +1 @@\n-a\n+b\n",
        "add": f"{head}new file mode 100644\n--- /dev/null\n+++ {b}\n@@ -0,0 +1 @@\n+b\n",
        "delete": f"{head}deleted file mode 100644\n--- {a}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
        "rename to": f"diff --git a/f {b}\nsimilarity index 100%\nrename from f\nrename to {path}\n",
        "rename from": f"diff --git {a} b/f\nsimilarity index 100%\nrename from {path}\nrename to f\n",
        "mode": f"{head}old mode 100644\nnew mode 100755\n",
        "quoted": f'--- "a/{octal(path)}"\n+++ "b/{octal(path)}"\n@@ -1 +1 @@\n-a\n+b\n',
    }[kind]
    with pytest.raises(HostileInput):
        parse_patch(patch.encode(), 1)


def test_an_absolute_name_behind_a_prefix_is_stripped_as_patch_does() -> None:
    assert only(b"--- a//etc/f\n+++ b//etc/f\n" + HUNK, 1).path == "etc/f"
    with pytest.raises(HostileInput):
        parse_patch(b"diff --git a/f b/g\nrename from f\nrename to /etc/g\n", 1)


def octal(path: str) -> str:
    return "".join(f"\\{byte:03o}" if char == "." else char for char, byte in zip(path, path.encode(), strict=True))


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../outside", "a/../../../b", "..", "../.."], ids=lambda target: target
)
def test_symlinks_that_point_outside(target: str) -> None:
    head = b"diff --git a/dir/l b/dir/l\nnew file mode 120000\n--- /dev/null\n+++ b/dir/l\n@@ -0,0 +1 @@\n"
    patch = head + b"+" + target.encode() + b"\n\\ No newline at end of file\n"
    if target == "..":
        assert only(patch).new_mode == SYMLINK, "the tree's own root is inside"
        return
    with pytest.raises(HostileInput):
        parse_patch(patch)


def test_a_symlink_that_is_turned_outwards() -> None:
    """Not only new links: an edit of an existing one too."""
    head = b"diff --git a/dir/l b/dir/l\nindex 1111111..2222222 120000\n--- a/dir/l\n+++ b/dir/l\n@@ -1 +1 @@\n"
    end = b"\n\\ No newline at end of file\n"
    with pytest.raises(HostileInput):
        parse_patch(head + b"-inside" + end + b"+../../etc/passwd" + end)


@pytest.mark.parametrize("path", ["a..b/c..", "...", ".gitignore", ".github/x", "git/config", "x.git/y", ".gitmodules"])
def test_harmless_names_that_look_hostile(path: str) -> None:
    assert only(f"--- a/{path}\n+++ b/{path}\n".encode() + HUNK, 1).path == path

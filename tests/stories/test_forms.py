"""Scenarios 22 to 24: odd forms of patch files, trivial patches, empty ones."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from . import tools
from .changes import Edit, edit, write
from .storybook import Story, drops, header_of


def fuzzy(text: bytes) -> bytes:
    """The first line of context of the first hunk was another when the patch was made."""
    return re.sub(rb"(?m)^(@@ .*\n)( .*\n)", rb"\1 what stood here long ago\n", text, count=1)


def bare(text: bytes) -> bytes:
    """As `diff -u` makes it: no `diff --git`, no index line; dates behind the names."""
    text = re.sub(rb"(?m)^(diff --git|index) .*\n", b"", text)
    return re.sub(rb"(?m)^(---|\+\+\+) ([ab]/.*)$", rb"\1 \2\t2020-09-14 10:00:00.000000000 +0000", text)


def p0(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(---|\+\+\+) [ab]/", rb"\1 ", bare(text))


def p2(text: bytes) -> bytes:
    return re.sub(rb"(?m)^(---|\+\+\+) [ab]/", rb"\1 work/reader-1.0/", bare(text))


def quilt(text: bytes) -> bytes:
    text = re.sub(rb"(?m)^--- a/", b"--- reader-1.0.orig/", bare(text))
    return re.sub(rb"(?m)^\+\+\+ b/", b"+++ reader-1.0/", text)


def svn(text: bytes) -> bytes:
    return re.sub(rb"(?m)^diff --git a/(\S+) .*\n", rb"Index: \1\n" + b"=" * 67 + b"\n", text)


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def mail(text: bytes) -> bytes:
    """A mail with a signature below, `---` and `@@` in its body."""
    head = (
        b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        b"From: =?UTF-8?q?J=C3=B6rg?= <joerg@down.example>\nDate: Mon, 14 Sep 2020 10:00:00 +0000\n"
        b"Subject: [PATCH 3/7] reader: guard\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\n"
        b"The old notes said\n@@ -1,3 +1,4 @@\nand meant it.\n---\n src/reader | 4 ++++\n 1 file changed\n\n"
    )
    return head + text + b"-- \n2.28.0\n\n"


def latin1(text: bytes) -> bytes:
    return "Grüße aus Österreich, von Jürgen.\n\n".encode("latin-1") + text


FORMS: list[tuple[Callable[[bytes], bytes], int | None]] = [
    (bare, None),
    (p0, 0),
    (p2, 2),
    (quilt, None),
    (svn, None),
    (crlf, None),
    (mail, None),
    (latin1, None),
    (fuzzy, None),
]
IDS = [form.__name__ for form, _ in FORMS]


@pytest.mark.parametrize(("form", "strip"), FORMS, ids=IDS)
def test_odd_form_merged(story: Story, form: Callable[[bytes], bytes], strip: int | None) -> None:  # 22
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, f[3].rework, dress=form, strip=strip, header="")
    story.takes("guard.patch")
    story.upstream(f[0].tweak)
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@pytest.mark.parametrize(("form", "strip"), FORMS, ids=IDS)
def test_odd_form_not_merged(story: Story, form: Callable[[bytes], bytes], strip: int | None) -> None:  # 22
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, f[3].rework, dress=form, strip=strip, header="")
    story.upstream(f[0].tweak)
    story.release("1.1")
    if form is crlf:
        story.appliers = (tools.gnu_patch,)  # git apply takes no CRLF patch for a LF file
    if form is mail:
        story.appliers = (tools.gnu_patch,)  # git apply stumbles over the @@ in the message, git am does not
    if form is fuzzy:
        story.expect("guard.patch", "applies or refresh", fit="exact or merge")
    else:
        story.expect("guard.patch", "applies", fit="exact")
    story.ends_with(f[1].fix, f[3].rework)


def test_fuzz_and_nothing_happened_upstream(story: Story) -> None:  # 22
    """The new series must apply without fuzz, so the patch is written anew although its files are untouched."""
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, dress=fuzzy)
    story.upstream(write("NEWS", "1.1\n"))
    story.release("1.1")
    story.expect("guard.patch", "untouched or refresh")
    story.ends_with(f[1].fix)


@pytest.mark.parametrize("form", [p0, p2], ids=["p0", "p2"])
def test_strip_is_found_out(story: Story, form: Callable[[bytes], bytes]) -> None:  # 22
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix, dress=form)
    story.takes("guard.patch")
    story.release("1.1")
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
def test_latin_1_content(story: Story, taken: bool) -> None:  # 22
    f = story.source("reader")
    note = f.comment.format("Für Änderungen: Jörg").encode("latin-1") + b"\n"
    longer = f.comment.format("Für Änderungen: Jörg oder Zoë").encode("latin-1") + b"\n"
    story.starts(write(f.path, f.text.replace(f[1].text, note + f[1].text)))
    changes = (Edit(f.path, note, longer), f[1].fix)
    story.carries("names.patch", *changes)
    if taken:
        story.takes("names.patch")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("names.patch", "obsolete" if taken else "applies", fit="none" if taken else "exact")
    story.ends_with(*(() if taken else changes))


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
@pytest.mark.parametrize("kind", ["loses", "gains", "has none"])
def test_no_newline_at_the_end(story: Story, kind: str, taken: bool) -> None:  # 22
    f = story.source("reader")
    last = f.text.splitlines(keepends=True)[-1]
    tail = {
        "loses": (b"end of file marker\n", b"end of file marker"),
        "gains": (b"end of file marker", b"end of file marker\n"),
        "has none": (b"end of file marker", b"another end of file"),
    }[kind]
    story.starts(write(f.path, f.text + tail[0]))
    change = Edit(f.path, last + tail[0], last + tail[1])
    story.carries("end.patch", change, f[0].fix)
    if taken:
        story.takes("end.patch")
    story.upstream(f[1].rework)
    story.release("1.1")
    story.expect("end.patch", "obsolete" if taken else "applies", fit="none" if taken else "exact")
    story.ends_with(*(() if taken else (change, f[0].fix)))


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
def test_crlf_on_both_sides(story: Story, taken: bool) -> None:
    f = story.source("reader")
    story.starts(write(f.path, f.text.replace(b"\n", b"\r\n")))
    change = f[1].fix.crlf()
    story.carries("guard.patch", change)
    if taken:
        story.takes("guard.patch")
    story.upstream(f[3].rework.crlf())
    story.release("1.1")
    story.appliers = (tools.git_apply,)  # GNU patch strips the CRs of a patch as it likes
    story.expect("guard.patch", "obsolete" if taken else "applies", fit="none" if taken else "exact")
    story.ends_with(*(() if taken else (change,)))


def mbox(story: Story) -> bytes:
    """Two commits in one file."""
    first, second = (story.carried[name].patch.content for name in ("first", "second"))
    story.carried.clear()
    return first + b"-- \n2.28.0\n\n" + second + b"-- \n2.28.0\n\n"


@pytest.mark.parametrize("taken", ["both", "none", "first"])
def test_several_commits_in_one_file(story: Story, taken: str) -> None:  # 22
    f = story.source("reader")
    story.starts(f)
    story.carries("first", f[1].fix, header=header_of("first", 0))
    story.carries("second", f[2].fix, header=header_of("second", 0))
    story.carries_text("both.patch", mbox(story), f[1].fix, f[2].fix)
    story.upstream(f[3].tweak, *{"both": (f[1].fix, f[2].fix), "none": (), "first": (f[1].fix,)}[taken])
    story.release("1.1")
    story.expect("both.patch", {"both": "obsolete", "none": "applies", "first": "trim"}[taken])
    story.ends_with(*{"both": (), "none": (f[1].fix, f[2].fix), "first": (f[2].fix,)}[taken])
    if story.mode:
        parts = story.judgement("both.patch").parts
        assert parts is not None
        assert [part.subject for part in parts] == ["first in the reader", "second in the reader"]
        assert (parts[0].verdict == "obsolete", parts[1].verdict == "obsolete") == (taken != "none", taken == "both")


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
def test_whitespace_only(story: Story, taken: bool) -> None:  # 23
    """Only indentation changes: comparing without white space would call this merged from the first day."""
    f = story.source("reader")
    old = f[1].rework.old
    change = Edit(f.path, old, b"  " + old if f.language == "c" else old.rstrip(b"\n") + b"  \n")
    story.starts(f)
    story.carries("space.patch", change)
    if taken:
        story.takes("space.patch")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("space.patch", "obsolete or asked" if taken else "applies")
    if not taken:
        story.ends_with(change)


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
def test_comment_only(story: Story, taken: bool) -> None:  # 23
    f = story.source("reader")
    comment = f.comment.format("Callers hold the lock.").encode() + b"\n"
    change = Edit(f.path, f[1].text, comment + f[1].text)
    story.starts(f)
    story.carries("comment.patch", change)
    if taken:
        story.takes("comment.patch")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("comment.patch", "obsolete" if taken else "applies")
    story.ends_with(*(() if taken else (change,)))


@pytest.mark.parametrize("taken", [True, False], ids=["merged", "not merged"])
def test_added_lines_all_trivial(story: Story, taken: bool) -> None:  # 23
    """Blank lines and braces stand everywhere: that they do says nothing."""
    f = story.source("reader", language="c")
    change = Edit(f.path, f[1].anchor, b"\n\t{\n\t}\n" + f[1].anchor)
    story.starts(f)
    story.carries("trivial.patch", change)
    if taken:
        story.takes("trivial.patch")
    story.upstream(f[3].tweak)
    story.release("1.1")
    story.expect("trivial.patch", "obsolete or asked" if taken else "applies")
    if not taken:
        story.ends_with(change)


def test_trivial_lines_and_the_context_moved(story: Story) -> None:  # 23
    f = story.source("reader", language="c")
    change = Edit(f.path, f[1].anchor, b"\n\t{\n\t}\n" + f[1].anchor)
    story.starts(f)
    story.carries("trivial.patch", change)
    story.upstream(f[1].above, f[1].below)
    story.release("1.1")
    story.expect("trivial.patch", "needed", fit="merge or conflict")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"Description: nothing left of it\n\n"], ids=["no bytes", "blank", "header"]
)
def test_empty_patch(story: Story, content: bytes) -> None:  # 24
    f = story.source("reader")
    story.starts(f)
    story.carries_text("empty.patch", content)
    story.upstream(f[1].fix)
    story.release("1.1")
    story.expect("empty.patch", "obsolete", fit="none", proof="proved")


def test_patch_already_in_the_base(story: Story) -> None:  # 24
    f = story.source("reader")
    story.starts(f)
    story.carries("guard.patch", f[1].fix)
    story.takes("guard.patch")
    story.release("1.1")
    story.upstream(f[3].tweak)
    story.release("1.2")
    story.base = "1.1"
    story.expect("guard.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()
    assert any(fact.kind == "already-in-base" for fact in story.judgement("guard.patch").evidence)


@pytest.mark.parametrize(
    "content",
    [
        b"--- a/src/reader.c\n+++ b/src/reader.c\n@@ -1,3 +1,3 @@\n not what\n-ever stood\n+stands there\n at all\n",
        b"diff --cc a\n@@@ -1,1 -1,1 +1,2 @@@\n  a\n++b\n",
    ],
    ids=["other content", "combined"],
)  # fmt: skip
def test_broken_patch_is_reported_and_the_others_go_on(
    story: Story, content: bytes
) -> None:  # 25, as the judge sees it
    f = story.source("reader")
    story.starts(f, write("src/reader.c", "int main;\n" * 20) if f.language == "py" else f)
    story.carries("0001-guard.patch", f[1].fix)
    story.carries_text("0002-broken.patch", content)
    story.carries("0003-more.patch", f[3].fix)
    story.upstream(f[1].fix)
    story.release("1.1")
    story.expect("0001-guard.patch", "obsolete")
    story.expect("0002-broken.patch", "broken")
    story.expect("0003-more.patch", "applies or untouched")
    story.ends_with(f[3].fix)


def test_an_insertion_whose_context_is_nowhere_is_broken(story: Story) -> None:
    """Fuzz may forgive a line of context, not all of it: without any, an insertion would fit everywhere."""
    f = story.source("reader")
    story.starts(f)
    hunk = b"@@ -9,6 +9,7 @@\n no\n such\n lines\n+new\n here\n or\n there\n"
    story.carries_text("lost.patch", f"--- a/{f.path}\n+++ b/{f.path}\n".encode() + hunk)
    story.upstream(f[1].fix)
    story.release("1.1")
    story.expect("lost.patch", "broken")


@drops
def test_one_line_merged(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("tweak.patch", f[1].tweak)
    story.takes("tweak.patch")
    story.upstream(f[3].rework)
    story.release("1.1")
    story.expect("tweak.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@drops
def test_config_flip_merged(story: Story) -> None:
    options = "".join(f"option_{number}_{story.seed} = off\n" for number in range(40))
    flip = edit("defaults.conf", f"option_17_{story.seed} = off\n", f"option_17_{story.seed} = on\n")
    story.starts(write("defaults.conf", options))
    story.carries("flip.patch", flip)
    story.takes("flip.patch")
    story.release("1.1")
    story.expect("flip.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@drops
def test_import_merged(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    story.carries("import.patch", f.importing("zlib"))
    story.takes("import.patch")
    story.upstream(f[0].fix)
    story.release("1.1")
    story.expect("import.patch", "obsolete", fit="none", proof="proved")
    story.ends_with()


@drops
def test_one_added_line_merged_and_its_context_drifted(story: Story) -> None:
    f = story.source("reader")
    story.starts(f)
    line = f[1].guard.splitlines(keepends=True)[0]
    call = line[: len(line) - len(line.lstrip())] + f"prepare_{f[1].noun}({story.seed + 40})".encode()
    call += b";\n" if f.language == "c" else b"\n"
    story.carries("call.patch", Edit(f.path, f[1].anchor, f[1].anchor + call))
    story.takes("call.patch")
    story.upstream(f[1].above, f[0].rework)
    story.release("1.1")
    story.expect("call.patch", "obsolete")
    story.ends_with()

"""Patches as mail, in a folder or in one mbox: what is read, and edits as before/after tables."""

from __future__ import annotations

import pytest

from syncbot.errors import InputError
from syncbot.model.packages import Package
from syncbot.model.trees import MemoryTree
from syncbot.model.verdicts import Action

from .packaging import after, complaints, edit, layout, only, text, to, tree

MAIL = layout("mail")


def mail(subject: str, commit: str = "a" * 40, tail: str = "-- \n2.40.0\n") -> str:
    return (
        f"From {commit} Mon Sep 17 00:00:00 2001\nFrom: A Person <person@example.org>\n"
        f"Subject: [PATCH 1/2] {subject}\n\nFrom what people say.\n---\n x | 2 +-\n\n"
        f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n{tail}"
    )


def settings(name: str = "thing", base: str = "1.0") -> str:
    return f'[packages.{name}]\nupstream = "git:https://example.org/thing.git"\nbase = "{base}" # ours\n'


def folder(**more: str) -> MemoryTree:
    files = {
        "thing/patches/0002-two.patch": mail("two"),
        "thing/patches/0010-ten.patch": mail("ten"),
        "thing/patches/README": "x",
        "syncbot.toml": settings(),
    }
    return tree(files | {name.replace("__", "/"): content for name, content in more.items()})


def mbox(*subjects: str, lead: str = "") -> MemoryTree:
    return tree(
        {"thing.mbox": lead + "".join(mail(s, tail="-- \n2.40.0\n\n") for s in subjects), "syncbot.toml": settings()}
    )


def names(package: Package) -> list[str]:
    return [str(patch.name) for patch in package.series]


def test_a_folder_of_format_patch_files_is_a_package() -> None:
    package = only(MAIL, folder())
    assert (package.name, package.path, package.base) == ("thing", "thing/patches", "1.0")
    assert names(package) == ["0002-two.patch", "0010-ten.patch"]
    assert str(package.upstream) == "git:https://example.org/thing.git"


def test_the_order_may_be_listed() -> None:
    files = folder(**{"thing/patches/.patches": "0010-ten.patch\n0002-two.patch\n"})
    assert names(only(MAIL, files)) == ["0010-ten.patch", "0002-two.patch"]
    changes = MAIL.edit(files, only(MAIL, files), (edit(Action.DROP, "0010-ten.patch"),), to(None))
    assert changes == {"thing/patches/0010-ten.patch": None, "thing/patches/.patches": b"0002-two.patch\n"}


def test_a_move_is_written_into_the_settings_and_names_stay() -> None:
    files = folder()
    changes = MAIL.edit(files, only(MAIL, files), (edit(Action.DROP, "0002-two.patch"),), to("1.1"))
    assert changes == {"thing/patches/0002-two.patch": None, "syncbot.toml": settings(base="1.1").encode()}
    assert names(only(MAIL, after(files, changes))) == ["0010-ten.patch"]


def test_an_mbox_is_a_package_with_a_patch_for_each_message() -> None:
    package = only(MAIL, mbox("read: twice", "write it\n out", "read: twice"[:4]))
    assert names(package) == ["read-twice.patch", "write-it-out.patch", "read.patch"]
    assert package.series[0].content == mail("read: twice").encode()


@pytest.mark.parametrize("dropped", ["one.patch", "two.patch", "three.patch"])
def test_a_message_is_dropped_and_the_others_stay_byte_for_byte(dropped: str) -> None:
    files = mbox("one", "two", "three", lead="\n")
    changes = MAIL.edit(files, only(MAIL, files), (edit(Action.DROP, dropped),), to(None))
    left = [subject for subject in ("one", "two", "three") if f"{subject}.patch" != dropped]
    assert changes == {"thing.mbox": mbox(*left, lead="\n").read("thing.mbox")}


def test_a_message_is_rewritten_in_its_place() -> None:
    files = mbox("one", "two")
    new = mail("one").replace("+b", "+c").encode()
    changes = MAIL.edit(files, only(MAIL, files), (edit(Action.REWRITE, "one.patch", new),), to(None))
    before, now = text(files, "thing.mbox") or "", text(after(files, changes), "thing.mbox") or ""
    assert now == before.replace("+b", "+c", 1)


def test_the_last_message_takes_the_file_with_it() -> None:
    files = mbox("one")
    assert MAIL.edit(files, only(MAIL, files), (edit(Action.DROP, "one.patch"),), to(None)) == {"thing.mbox": None}


def test_a_restored_message_goes_to_the_end() -> None:
    files = mbox("one", "two")
    changes = MAIL.restore(files, only(MAIL, files), "three.patch", mail("three").encode(), None)
    assert changes == {"thing.mbox": mbox("one", "two", "three").read("thing.mbox")}


def test_a_patch_that_is_no_mail_does_not_go_into_a_mailbox() -> None:
    files = mbox("one")
    with pytest.raises(InputError, match="is no mail, so it cannot stand in a mailbox"):
        MAIL.restore(files, only(MAIL, files), "two.patch", b"--- a/x\n+++ b/x\n", None)


def test_a_folder_in_order_of_name_takes_no_patch_that_would_come_first() -> None:
    files = folder()
    with pytest.raises(InputError, match=r"0001-one\.patch would not come last"):
        MAIL.restore(files, only(MAIL, files), "0001-one.patch", mail("one").encode(), None)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (folder(**{"thing/patches/.patches": "0010-ten.patch\n"}), r"not named in .patches: 0002-two.patch"),
        (folder(**{"thing/patches/.patches": "0010-ten.patch\ngone.patch\n0002-two.patch\n"}), "gone.patch is missing"),
        (
            tree({"thing.mbox": mail("one", tail="\n") * 2, "syncbot.toml": settings()}),
            "two of its messages are named one-aaa",
        ),
        (tree({"thing/0001-a.patch": mail("a")}), "it is not known where its upstream is"),
    ],
)
def test_what_cannot_be_edited_without_loss_is_refused(files: MemoryTree, said: str) -> None:
    [complaint] = complaints(MAIL, files)
    assert said in complaint

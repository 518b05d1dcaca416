"""A workspace as pages meet it: packages with a past, with questions, with proposals; one private, one hostile."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncbot.cli import run
from syncbot.services.workspace import Workspace as Opened
from syncbot.services.workspace import quiet
from syncbot.web.guard import Hosts
from syncbot.web.seat import Seat
from syncbot.wiring.workspace import opened
from tests.e2e.world import Upstream, Workspace, diff, git, numbered

A, B, D = numbered("a"), numbered("b"), numbered("d")
SECRET = "webhook secret"
HOSTS = Hosts.of("127.0.0.1", ("testserver",))
EVIL = "<script>alert(1)</script>"
EVIL_SUBJECT = f"{EVIL}<img src=x onerror=alert(1)>\u202e\u200b & \"quotes\" 'too'"
HIDDEN = ("embargoed", "CVE-2031-99999", "the embargoed hole", "secret-team")
"""Words that only the private package has."""


def patch(path: str, before: str, after: str, subject: str = "", more: str = "") -> str:
    head = f"From: Ann <ann@example.org>\nDate: Fri, 06 Oct 2023 10:00:00 +0000\nSubject: {subject}\n{more}\n"
    return diff(path, before, after, head if subject else "")


def build(root: Path) -> Path:
    """Makes everything below `root`; gives the workspace's folder. The environment must be sealed."""
    root.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(root / "workspace", lambda: ("", ""))
    _curl(root, workspace)
    _zlib(root, workspace)
    _openssl(root, workspace)
    _tar(root, workspace)
    _evil(root, workspace)
    _secret(root, workspace)
    _do(workspace, "sync")
    _do(workspace, "proposals", "accept", "curl")
    _long_ago(workspace.path)
    _later(root)
    _do(workspace, "sync")
    _do(workspace, "proposals", "reject", "evil", "--reason", f"not now {EVIL}")
    return workspace.path


def _do(workspace: Workspace, *arguments: str) -> None:
    code = run(["--workspace", str(workspace.path), "--quiet", *arguments])
    assert code == 0, arguments


def _long_ago(path: Path) -> None:
    """What happened so far happened forty days ago."""
    with sqlite3.connect(path / "state" / "syncbot.db") as database:
        for table, *columns in _TIMES:
            for column in columns:
                database.execute(f"UPDATE {table} SET {column} = datetime({column}, '-40 days')")


_TIMES = (
    ("judgement", "at"),
    ("stood", "at"),
    ("told", "at"),
    ("met", "at"),
    ("dropped", "at"),
    ("proposal", "opened", "updated"),
    ("past", "at"),
    ("proposal_past", "at", "opened", "updated"),
    ("run", "started", "finished"),
)


def _upstream(root: Path, name: str) -> Upstream:
    made = Upstream(root / name)
    made.release("v1.0", a_c=A, b_c=B, d_c=D)
    return made


def _again(root: Path, name: str) -> Upstream:
    made = Upstream.__new__(Upstream)
    made.path = root / name
    return made


def _curl(root: Path, workspace: Workspace) -> None:
    """One patch is merged in 1.1, one will conflict with 1.2 and claims an advisory, one stays."""
    upstream = _upstream(root, "curl")
    ten = numbered("a", l10="ten")
    workspace.package(
        "curl",
        f"git:{upstream.path}",
        "1.0",
        'owners = ["web-team", "ann@example.org"]\n',
        **{
            "0001-write-ten-out": patch("a.c", A, ten, "a: write ten out"),
            "0002-refuse-long-names": patch(
                "b.c", B, numbered("b", l20="twenty"), "b: refuse names that are too long", "Bug: CVE-2024-12345\n"
            ),
            "0003-keep-forty": patch("d.c", D, numbered("d", l40="forty"), "d: keep forty", "Forwarded: no\n"),
        },
    )
    upstream.release("v1.1", a_c=ten, c_c="new\n")


def _zlib(root: Path, workspace: Workspace) -> None:
    """At its newest release; upstream's branch has one of its patches."""
    upstream = _upstream(root, "zlib")
    workspace.package(
        "zlib",
        f"git:{upstream.path}",
        "1.0",
        'owners = ["base-team"]\n',
        **{
            "fix-crc": patch("a.c", A, numbered("a", l10="ten", l11="eleven"), "crc: count from ten"),
            "debian-paths": patch("b.c", B, numbered("b", l50="fifty"), "use our paths", "Forwarded: not-needed\n"),
        },
    )
    upstream.commit("crc: count from ten", a_c=numbered("a", l10="ten", l11="eleven"))


def _openssl(root: Path, workspace: Workspace) -> None:
    """Two must be rewritten for 1.1, which is proposed."""
    upstream = _upstream(root, "openssl")
    workspace.package(
        "openssl",
        f"git:{upstream.path}",
        "1.0",
        'owners = ["security"]\n',
        **{
            "seclevel": patch("a.c", A, numbered("a", l10="level 2"), "raise the default security level"),
            "conf": patch("b.c", B, numbered("b", l30="thirty"), "conf: another default", "Forwarded: yes\n"),
            "unmerged": patch("d.c", D, numbered("d", l5="five", l6="six", l7="seven"), "d: words"),
        },
    )
    upstream.release("v1.1", a_c=numbered("a", l8="eight", l12="twelve"), b_c=B)


def _tar(root: Path, workspace: Workspace) -> None:
    """Carries nothing."""
    upstream = _upstream(root, "tar")
    workspace.package("tar", f"git:{upstream.path}", "1.0")


def _evil(root: Path, workspace: Workspace) -> None:
    """Whoever wrote its patches hopes for a page that believes them."""
    upstream = _upstream(root, "evil")
    body = numbered("b", l20=f"{EVIL} \u202e </pre></td> &amp; {{{{ 7*7 }}}}")
    workspace.package(
        "evil",
        f"git:{upstream.path}",
        "1.0",
        'owners = ["<b>bold</b>", "base-team"]\n',
        **{"a<img-src=x>'\"&": patch("b.c", B, body, EVIL_SUBJECT, f"X-Evil: {EVIL}\n")},
    )
    upstream.release("v1.1", a_c=numbered("a", l3=EVIL), c_c=EVIL)


def _secret(root: Path, workspace: Workspace) -> None:
    upstream = _upstream(root, "hidden")
    workspace.package(
        "embargoed",
        f"git:{upstream.path}",
        "1.0",
        'private = true\nowners = ["secret-team"]\n',
        **{"hole": patch("b.c", B, numbered("b", l20="closed"), "close the embargoed hole (CVE-2031-99999)")},
    )
    upstream.release("v1.1", b_c=numbered("b", l20="open"))


def _later(root: Path) -> None:
    _again(root, "curl").release("v1.2", b_c=numbered("b", l20="another twenty", l21="and more"))


@contextmanager
def seated(path: Path) -> Iterator[Seat]:
    with opened(path, os.environ, quiet) as workspace:
        seat = Seat(workspace, patience=30)
        try:
            yield seat
        finally:
            seat.close()


def private(workspace: Opened, path: Path, name: str) -> None:
    """From now on the package is private."""
    file = path / "patches" / name / "package.toml"
    file.write_text(f"private = true\n{file.read_text()}")
    git(path, "commit", "-qam", "embargo")


__all__ = ["EVIL", "HIDDEN", "HOSTS", "SECRET", "A", "B", "D", "build", "patch", "private", "seated"]

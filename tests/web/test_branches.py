"""Pages of a workspace with several downstream branches: all of them are shown, each as itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from syncbot.services.workspace import quiet
from syncbot.settings import BRANCH_VARIABLE, read_workspace
from syncbot.web.app import create_app
from syncbot.web.seat import Seat
from syncbot.wiring.workspace import opened
from tests.e2e.world import FIX_B, FIX_TEN, A, B, Upstream, Workspace, git, numbered
from tests.web.serving import running
from tests.web.world import HOSTS


@pytest.fixture
def workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Workspace:
    """`unstable` carries one patch of lib 1.1, `stable` two of 1.0; only `stable` has `old`."""

    def capture() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    upstream = Upstream(tmp_path / "lib")
    upstream.release("v1.0", a_c=A, b_c=B)
    upstream.release("v1.1", a_c=numbered("a", l50="fifty"), b_c=B)
    made = Workspace(tmp_path / "workspace", capture)
    (made.path / "syncbot.toml").write_text("[branches.unstable]\n[branches.stable]\n")
    made.package("lib", f"git:{upstream.path}", "1.0", 'owners = ["ann"]\n', ten=FIX_TEN, b=FIX_B)
    made.package("old", f"git:{upstream.path}", "1.0", b=FIX_B)
    git(made.path, "branch", "stable")
    git(made.path, "switch", "-q", "-c", "unstable")
    made.package("lib", f"git:{upstream.path}", "1.1", ten=FIX_TEN)
    git(made.path, "rm", "-rq", "patches/old")
    made.commit("old is gone here")
    assert made.syncbot("sync").code == 0
    return made


@pytest.fixture
def client(workspace: Workspace) -> Iterator[httpx.Client]:
    with ExitStack() as stack:
        seats = {}
        for branch in ("unstable", "stable"):
            found = read_workspace(workspace.path, {**os.environ, BRANCH_VARIABLE: branch})
            one = stack.enter_context(opened(workspace.path, os.environ, quiet, found=found))
            seats[branch] = Seat(one, patience=30)
            stack.callback(seats[branch].close)
        served = stack.enter_context(running(create_app(seats, HOSTS)))
        yield stack.enter_context(httpx.Client(base_url=served.address, trust_env=False))


def test_the_overview_tells_of_every_branch(client: httpx.Client) -> None:
    text = client.get("/").text
    assert '<h2 id="branches">Downstream branches</h2>' in text
    rows = [row.partition("</tr>")[0] for row in text.split('<tr><th scope="row">')[-2:]]
    assert [">unstable<" in rows[0], ">stable<" in rows[1]] == [True, True]
    assert [
        '<td class="n wide">1</td><td class="n">1</td>' in rows[0],
        '<td class="n wide">2</td><td class="n">3</td>' in rows[1],
    ] == [
        True,
        True,
    ]


def test_a_package_is_shown_on_each_branch_and_links_stay_there(client: httpx.Client) -> None:
    first, second = (client.get(f"/packages/lib{more}").text for more in ("", "?branch=stable"))
    assert "1 patch of 2 lines on <strong>1.1</strong>" in first
    assert "2 patches of 4 lines on <strong>1.0</strong>" in second
    assert "stable</a> carries 2 patches on 1.0" in first
    assert "unstable</a> carries 1 patch on 1.1" in second
    assert 'href="/packages/lib/patches/b.patch?branch=stable"' in second
    assert '<input type="hidden" name="branch" value="stable">' in second
    assert client.get("/packages/old").status_code == 404
    assert client.get("/packages/old?branch=stable").status_code == 200


def test_the_interface_is_asked_for_a_branch(client: httpx.Client) -> None:
    def bases(**asked: str) -> list[tuple[str, str]]:
        items = client.get("/api/v1/packages", params=asked).json()["items"]
        return [(one["package"], one["base"]) for one in items]

    assert bases() == bases(branch="unstable") == [("lib", "1.1")]
    assert bases(branch="stable") == [("lib", "1.0"), ("old", "1.0")]
    answer = client.get("/api/v1/packages", params={"branch": '"><script>'})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_branch_has_a_dashboard_of_its_own(workspace: Workspace) -> None:
    issues = sorted((workspace.path / "state").rglob("issue-1.md"))
    texts = [issue.read_text() for issue in issues if issue.is_file()]
    assert len(texts) == 2
    assert sum("<!-- syncbot:dashboard -->" in text for text in texts) == 1
    assert sum("<!-- syncbot:dashboard stable -->" in text for text in texts) == 1

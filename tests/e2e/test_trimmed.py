"""A patch of which upstream took a part: what is written, and what is said of the commit that took it."""

from __future__ import annotations

import pytest

from tests.e2e.test_people import forge
from tests.e2e.world import World, diff, git

CHECK = "\tif (depth > limit_of_%s(table))\n\t\treturn -EINVAL;\n"


def source(**more: str) -> str:
    """Six functions; `s2="x"` puts x into the third."""
    heads = [
        f"int step_{n}(int depth)\n{{\n{more.get(f's{n}', '')}\treturn table_{n}[depth];\n}}\n\n" for n in range(6)
    ]
    return "".join(heads)


A, B = source(s2=CHECK % "a"), source(s3=CHECK % "b")
HEADER = """Subject: guard both

Guards a.c | b.c.
---
 a.c | 2 ++
 b.c | 2 ++
 2 files changed, 4 insertions(+)

"""


@pytest.fixture
def trimmed(world: World) -> World:
    """1.2 has what guard.patch does to a.c, 1.3 is out."""
    world.upstream.release("v1.1", a_c=source(), b_c=source())
    both = diff("a.c", source(), A, HEADER) + diff("b.c", source(), B)
    world.workspace.package("lib", f"git:{world.upstream.path}", "1.1", guard=both)
    world.upstream.commit("guard a", a_c=A)
    world.upstream.release("v1.2")
    world.upstream.release("v1.3", a_c=source(s2=CHECK % "a", s5='\tlog("x", depth);\n'))
    return world


def test_what_is_said_of_a_commit_that_took_a_part(trimmed: World) -> None:
    taken = git(trimmed.upstream.path, "rev-parse", "v1.2^")
    assert "First release of that: 1.2." in trimmed.syncbot("sync").out
    [record] = forge(trimmed).list()
    first = record.body.split("<details>")[0]
    assert f"| trim, **rewrite** | proved | part: `{taken[:12]}` | part: `1.2` |" in first
    assert "What is cut out of 1 patch is in the release (proved)." in first
    assert f"Upstream took in part of it with commit `{taken}` \\(first in 1.2\\)." in record.body
    told = trimmed.syncbot("explain", "lib", "guard.patch").out
    assert f"Commit {taken} took in part of it, first in 1.2:" in told
    for text in (record.body, told):
        assert "took it in" not in text
    message = git(trimmed.workspace.path / "state/proposals/forge.git", "log", "--format=%B", record.branch)
    assert "took in part of it with commit" in message


def test_the_diffstat_is_that_of_the_rest(trimmed: World) -> None:
    trimmed.syncbot("sync")
    bare = trimmed.workspace.path / "state/proposals/forge.git"
    text = git(bare, "show", "syncbot/lib/stable:patches/lib/guard.patch")
    header = text[: text.index("--- a/")]
    assert header.startswith("Subject: guard both\n\nGuards a.c | b.c.\n")
    assert header.endswith("---\n b.c | 2 ++\n 1 file changed, 2 insertions(+)\n\n")

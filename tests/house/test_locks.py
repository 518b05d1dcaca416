"""The lock files: every version and hash, and no address."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-uv.lock")


def pins(name: str) -> dict[str, str]:
    """{requirement with its marker: its hashes}; names in normal form."""
    text = (ROOT / "scripts" / name).read_text()
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)
    found = (re.match(r"([\w.-]+==[^\\#]+?)\s*\\\n((?:\s+--hash=\S+(?: \\)?\n)+)", block) for block in blocks if block)
    return {match[1]: match[2] for match in found if match}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_a_pin_with_hashes_or_a_comment(name: str) -> None:
    text = (ROOT / "scripts" / name).read_text()
    assert "://" not in text
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements) == len(pins(name)) > 0
    assert all("--hash=sha256:" in hashes for hashes in pins(name).values())


def test_the_test_environment_holds_all_of_the_program_s() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-test.lock").items()


def _outside_imports() -> Iterator[str]:
    """The packages that syncbot imports from elsewhere."""
    for path in (ROOT / "syncbot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.partition(".")[0] for name in names)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_locked_for_the_program() -> None:
    """Not only for the tests: quickstart's environment has nothing else."""
    distributions = packages_distributions()
    outside = set(_outside_imports()) - sys.stdlib_module_names - {"syncbot"}
    locked = {pin.split("==")[0] for pin in pins("requirements.lock")}
    assert outside
    assert {name for name in outside if not {normal(d) for d in distributions[name]} & locked} == set()


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {
        "requirements.lock": project["dependencies"],
        "requirements-test.lock": project["optional-dependencies"]["test"],
    }
    for lock, requirements in wanted.items():
        locked = {pin.split("==")[0] for pin in pins(lock)}
        names = {normal(re.split(r"[\[<>=!~ ;]", requirement)[0]) for requirement in requirements}
        assert names <= locked, f"run scripts/lock: {sorted(names - locked)} not in {lock}"

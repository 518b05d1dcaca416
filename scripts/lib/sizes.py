"""Print the largest files and functions of syncbot/. The house wants files under 400 lines and functions under 50."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOWN = 5


def files() -> list[tuple[int, str]]:
    """(lines, path), largest first."""
    paths = sorted((ROOT / "syncbot").rglob("*.py"))
    return sorted(((len(p.read_text().splitlines()), str(p.relative_to(ROOT))) for p in paths), reverse=True)


def functions() -> list[tuple[int, str]]:
    """(lines, path:line name), longest first. Decorators and docstrings count."""
    found = []
    for path in sorted((ROOT / "syncbot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append((lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"))
    return sorted(found, reverse=True)


def main() -> None:
    for title, sizes in (("files", files()), ("functions", functions())):
        print(f"largest {title} (lines):")
        for lines, name in sizes[:SHOWN]:
            print(f"{lines:6d}  {name}")


if __name__ == "__main__":
    main()

"""Judges that differ from the one that is shipped: other cascades, other numbers. For this process, for a while."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any
from unittest.mock import patch

from syncbot.judge import blocks, decide, doubtful, locate, measures, rules, successors, together, weights

ANALYSING = (blocks, measures, successors, weights)
"""The modules whose numbers change what is found in a file, not only what is made of it."""
NUMBERS = (rules, doubtful, locate, together, *ANALYSING)
"""The modules whose numbers are moved."""
MOVES = (-0.2, +0.2)
PURE = (
    ("files", "analyse"),
    ("blocks", "Texts"),
    ("blocks", "measure"),
    ("stacks", "touched"),
    ("stacks", "merge3"),
    ("locate", "blob_id"),
    ("stack", "blob_id"),
    ("stack", "apply_file"),
    ("fits", "apply_file"),
)
"""Functions that depend on their arguments alone."""
ANALYSED = (("files", "analyse"), ("blocks", "Texts"), ("blocks", "measure"))
"""Those that also depend on the numbers of the modules that analyse."""


@dataclass(frozen=True, slots=True)
class Variant:
    """`steps`: the names of the cascade's steps, empty for all; `number`: (module, name, value) of a moved one, `was`
    what it is."""

    title: str
    steps: tuple[str, ...] = ()
    number: tuple[str, str, float] | None = None
    was: float = 0.0


SHIPPED = Variant("as it is")


def ablations() -> list[Variant]:
    """All steps but one, and the cascade up to one. The last step settles whatever is left, so it always stays."""
    steps = tuple(step.__name__ for step in decide.CASCADE)
    last = steps[-1]
    return [
        *(Variant(f"without {name}", tuple(s for s in steps if s != name)) for name in steps[:-1]),
        *(Variant(f"up to {name}", (*steps[: at + 1], last)) for at, name in enumerate(steps[:-1])),
    ]


def sensitivities() -> list[Variant]:
    """Every number of the rules, moved both ways. A share stays a share: at most 1."""
    return [
        Variant(f"{_short(module)}.{name} {value:g} -> {moved:g}", number=(module.__name__, name, moved), was=value)
        for module in NUMBERS
        for name, value in _numbers(module)
        for moved in (_moved(value, by) for by in MOVES)
        if moved != value
    ]


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _moved(value: float, by: float) -> float:
    if isinstance(value, int):
        return max(round(value * (1 + by)), 1)  # a small whole number may not move
    moved = round(value * (1 + by), 6)
    return min(moved, 1.0) if value < 1 else moved


def _numbers(module: ModuleType) -> list[tuple[str, float]]:
    """The numeric constants that a module defines itself."""
    names = []
    for node in ast.parse(inspect.getsource(module)).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names += [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    found = [(name, vars(module).get(name)) for name in names if name.isupper()]
    return [(name, value) for name, value in found if isinstance(value, int | float) and value]


@contextmanager
def judging(variant: Variant) -> Iterator[None]:
    """Judge as the variant does."""
    with ExitStack() as stack:
        if variant.steps:
            by_name = {step.__name__: step for step in decide.CASCADE}
            stack.enter_context(patch.object(decide, "CASCADE", tuple(by_name[name] for name in variant.steps)))
        if variant.number:
            module, name, value = variant.number
            for holder, known_as in _holders(module, name):
                stack.enter_context(patch.object(holder, known_as, value))
        yield


@cache
def _holders(origin: str, name: str) -> list[tuple[ModuleType, str]]:
    """Where a constant is known: in its own module, and in those that import it by name."""
    return [
        (sys.modules[origin], name),
        *(
            (module, alias.asname or name)
            for module, node in _imports()
            if node.module == origin
            for alias in node.names
            if alias.name == name
        ),
    ]


@cache
def _imports() -> list[tuple[ModuleType, ast.ImportFrom]]:
    """What the judge's modules import from one another."""
    modules = [module for name, module in sys.modules.items() if name.startswith("syncbot.judge.")]
    nodes = [(module, node) for module in modules for node in ast.walk(ast.parse(inspect.getsource(module)))]
    return [(module, node) for module, node in nodes if isinstance(node, ast.ImportFrom)]


class Memory:
    """Remembers what pure functions of the judge said, so that one package is judged by many variants in little more
    time than by one. It must be cleared between packages, and forgets what was found in files
    whenever a number of the modules that analyse moves."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], dict[Any, Any]] = {}

    @contextmanager
    def used(self) -> Iterator[None]:
        with ExitStack() as stack:
            for place in PURE:
                module = importlib.import_module(f"syncbot.judge.{place[0]}")
                known = self._said.setdefault(place, {})
                stack.enter_context(patch.object(module, place[1], _remembering(getattr(module, place[1]), known)))
            yield

    @contextmanager
    def analysing_anew(self, variant: Variant) -> Iterator[None]:
        moved = variant.number is not None and variant.number[0] in {module.__name__ for module in ANALYSING}
        if not moved:
            yield
            return
        kept = {place: dict(said) for place, said in self._said.items() if place in ANALYSED}
        for place in kept:
            self._said[place].clear()
        yield
        for place, said in kept.items():
            self._said[place].clear()
            self._said[place].update(said)


def _remembering(function: Callable[..., Any], known: dict[Any, Any]) -> Callable[..., Any]:
    def remembered(*args: Any, **kwargs: Any) -> Any:
        key = (args, tuple(kwargs.items()))
        if key not in known:
            known[key] = function(*args, **kwargs)
        return known[key]

    return remembered

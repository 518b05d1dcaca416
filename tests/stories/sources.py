"""Source files that look like people's: C or Python, 50 to 120 lines, with other names and numbers for each seed.

Each function comes with the things that can happen to it (`fix`, `tweak`, `above` ...), so that a story is told once
and runs in both languages.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .changes import Edit
from .templates import PYTHON, C, Template

NOUNS = [
    "packet",
    "frame",
    "chunk",
    "cookie",
    "header",
    "digest",
    "symbol",
    "window",
    "stream",
    "record",
    "bucket",
    "socket",
    "volume",
    "ticket",
    "tensor",
    "glyph",
    "kernel",
    "vertex",
    "marker",
    "banner",
    "folder",
    "signal",
    "cursor",
    "anchor",
    "module",
    "branch",
    "commit",
    "lesson",
    "zone",
    "quota",
    "badge",
    "ledger",
]
MODULES = [
    "arc",
    "bim",
    "cel",
    "dov",
    "elk",
    "fjord",
    "gnu",
    "hex",
    "ivy",
    "jet",
    "kit",
    "lux",
    "moss",
    "nix",
    "oak",
    "pyx",
]
COMMENTS = (
    "Callers hold the lock.",
    "The table is sorted by offset.",
    "See the format description, section 4.",
    "Slow path, rarely taken.",
    "Values below the limit are reserved.",
    "Keep in step with the writer.",
)


@dataclass(frozen=True)
class Function:
    """One function and what can happen to it. Every edit's text is unique in the file.

    fix: a guard of four lines is added. recoded: the same guard with another error. other_fix: the fix, made another
    way. edited: upstream's later edit of the guard's lines. tweak: one line changes. rework: one line becomes three.
    removal: lines go. wider_removal: these and their neighbours go. above, below: drift in the fix's context.
    """

    path: str
    noun: str
    template: Template
    values: dict[str, str]

    def _edit(self, old: str, new: str) -> Edit:
        return Edit(self.path, old.format_map(self.values).encode(), new.format_map(self.values).encode())

    @property
    def text(self) -> bytes:
        return self.template.body.format_map(self.values).encode()

    @property
    def anchor(self) -> bytes:
        """The line that the fix comes after."""
        return self.template.anchor.format_map(self.values).encode()

    @property
    def guard(self) -> bytes:
        """The lines that the fix adds."""
        return self.template.guard.format_map(self.values).encode()

    @property
    def fix(self) -> Edit:
        return self._edit(self.template.anchor, self.template.anchor + self.template.guard)

    @property
    def recoded(self) -> Edit:
        return self._edit(self.template.anchor, self.template.anchor + self.template.recoded)

    @property
    def other_fix(self) -> Edit:
        return self._edit(self.template.anchor, self.template.other)

    @property
    def edited(self) -> Edit:
        return self._edit(self.template.guard, self.template.edited)

    @property
    def tweak(self) -> Edit:
        return self._edit(*self.template.tweak)

    @property
    def rework(self) -> Edit:
        return self._edit(*self.template.rework)

    @property
    def removal(self) -> Edit:
        return self._edit(self.template.removal, "")

    @property
    def wider_removal(self) -> Edit:
        return self._edit(self.template.wider_removal, "")

    @property
    def above(self) -> Edit:
        return self._edit(*self.template.above)

    @property
    def below(self) -> Edit:
        return self._edit(*self.template.below)

    @property
    def signature(self) -> bytes:
        return self.template.signature.format_map(self.values).encode()


@dataclass(frozen=True)
class Source:
    """A whole file: a prologue, functions, two twins (same body, other names), an epilogue."""

    path: str
    language: str
    text: bytes
    functions: tuple[Function, ...]
    spare: Function
    """A function that the file does not have: for patches and commits that add one."""
    imports: bytes
    """The last of the import or include lines."""

    def __getitem__(self, index: int) -> Function:
        return self.functions[index]

    @property
    def comment(self) -> str:
        return {"c": "/* {} */", "py": "# {}"}[self.language]

    def importing(self, name: str) -> Edit:
        """Add one include or import."""
        line = {"c": f"#include <{name}.h>\n", "py": f"import {name}\n"}[self.language]
        return Edit(self.path, self.imports, self.imports + line.encode())

    def twin(self, which: int) -> Edit:
        """The fix of the first (0) or the second (1) twin: the same change in the same surroundings."""
        anchor, guard = _TWIN_FIX[self.language]
        return Edit(self.path, anchor, anchor + guard, nth=which)


def source(stem: str, seed: int, language: str, path: str | None = None) -> Source:
    """A file made from a seed: the same seed, the same bytes."""
    rng = random.Random(f"{stem}/{seed}/{language}")
    path = path or f"src/{stem}.{language}"
    templates = list({"c": C, "py": PYTHON}[language])
    rng.shuffle(templates)
    nouns = rng.sample(NOUNS, 8)
    module = rng.choice(MODULES)
    functions = tuple(
        Function(path, nouns[i], templates[i % len(templates)], _values(rng, module, nouns[i])) for i in range(4)
    )
    prologue, imports = _prologue(rng, language, module)
    twins = _TWINS[language].format(m=module, a=nouns[6], b=nouns[7], k=rng.randint(3, 90))
    comment = {"c": "/* {} */\n", "py": "# {}\n"}[language]
    gap = {"c": "\n", "py": "\n\n"}[language]
    parts = [prologue.encode()]
    for number, function in enumerate(functions):
        note = comment.format(rng.choice(COMMENTS)) if rng.random() < 0.5 else ""
        parts.append((gap + note).encode() + function.text)
        if number == 1:
            parts.append(gap.encode() + twins.encode())
    spare_noun = next(n for n in NOUNS if n not in nouns)
    spare = Function(path, spare_noun, templates[0], _values(rng, module, spare_noun))
    return Source(path, language, b"".join(parts), functions, spare, imports.encode())


def _values(rng: random.Random, module: str, noun: str) -> dict[str, str]:
    return {
        "m": module,
        "n": noun,
        "N": noun.upper(),
        "k": str(rng.randint(3, 97)),
        "h": f"0x{rng.randint(0x11, 0xFFE):x}",
        "w": rng.choice(["limit", "depth", "span", "width", "count"]),
    }


def _prologue(rng: random.Random, language: str, module: str) -> tuple[str, str]:
    """The head of the file and its last import line."""
    if language == "c":
        names = rng.sample(["errno", "stdio", "stdlib", "string", "unistd", "stdint"], 4)
        lines = [f"#include <{name}.h>\n" for name in names] + [f'#include "{module}.h"\n']
        head = f"/*\n * {module}: reading and writing.\n * Distributed under the terms of the licence.\n */\n"
        return head + "".join(lines) + f"\n#define {module.upper()}_LIMIT {rng.randint(100, 900)}\n", lines[-1]
    names = rng.sample(["collections", "io", "json", "logging", "re", "struct"], 4)
    lines = [f"import {name}\n" for name in names]
    head = f'"""{module}: reading and writing."""\n\n'
    return head + "".join(lines) + f"\n{module.upper()}_LIMIT = {rng.randint(100, 900)}\n", lines[-1]


_TWINS = {
    "c": (
        "int\n{m}_load_{a}(struct item *list, int n)\n{{\n"
        "\tint total = 0;\n\tint i;\n\n\tfor (i = 0; i < n; i++) {{\n\t\tstruct item *it = &list[i];\n"
        "\t\ttotal += it->size * it->factor;\n\t\tit->state = {k};\n\t}}\n\n\treturn total;\n}}\n"
        "\nint\n{m}_save_{b}(struct item *list, int n)\n{{\n"
        "\tint total = 0;\n\tint i;\n\n\tfor (i = 0; i < n; i++) {{\n\t\tstruct item *it = &list[i];\n"
        "\t\ttotal += it->size * it->factor;\n\t\tit->state = {k};\n\t}}\n\n\treturn total;\n}}\n"
    ),
    "py": (
        "def {m}_load_{a}(items):\n    total = 0\n    for item in items:\n        size = item.size\n"
        "        total += size * item.factor\n        item.state = {k}\n    return total\n"
        "\n\ndef {m}_save_{b}(items):\n    total = 0\n    for item in items:\n        size = item.size\n"
        "        total += size * item.factor\n        item.state = {k}\n    return total\n"
    ),
}
_TWIN_FIX = {
    "c": (
        b"\t\tstruct item *it = &list[i];\n",
        b"\t\tif (it->factor > MAX_FACTOR || it->size < 0)\n\t\t\treturn -ERANGE;\n",
    ),
    "py": (
        b"        size = item.size\n",
        b"        if item.factor > MAX_FACTOR or size < 0:\n            raise ValueError(item)\n",
    ),
}

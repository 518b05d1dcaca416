"""One more patch at the end of a spec: its tag after the last one, a line that applies it where each has its own."""

from __future__ import annotations

import re

from syncbot.errors import InputError
from syncbot.layouts.dist_git.patches import Declared, Patches
from syncbot.layouts.dist_git.prep import Use
from syncbot.layouts.dist_git.spec import PATCHLIST, Spec


def added(spec: Spec, patches: Patches, name: str, path: str) -> str:
    """The spec's text with a patch that is applied last. Raises InputError where it cannot be told how."""
    lines = [line.text for line in spec.lines]
    newline = "\r\n" if any(text.endswith("\r\n") for text in lines) else "\n"
    last = max(patches.declared, key=lambda d: d.at, default=None)
    number = max((d.number for d in patches.declared), default=-1) + 1
    inserts = [(_after(spec, last, path), _declaration(spec, last, number, name, newline))]
    use = _needed(patches, number, path)
    if use is not None:
        inserts.append((_outside(spec, use.at) + 1, _application(lines[use.at], use, number, newline)))
    elif not any(u.all and u.covers(number) for u in patches.uses):
        inserts.append(_first_application(spec, number, path, newline))
    for at, text in sorted(inserts, reverse=True):
        if at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += newline
        lines.insert(at, text)
    return "".join(lines)


def _declaration(spec: Spec, last: Declared | None, number: int, name: str, newline: str) -> str:
    if last is None:
        sources = [tag for tag in spec.tags if tag.name.lower() == "source"]
        width = len(sources[-1].number + sources[-1].colon) + len("Source") if sources else 0
        return f"Patch{number}:".ljust(max(width, len(f"Patch{number}: "))) + name + newline
    if last.tag is None:
        return name + newline
    tag = last.tag
    if not tag.number:
        return f"{tag.lead}{tag.name}{tag.colon}{name}{newline}"
    digits = str(number).zfill(len(tag.number) if tag.number.startswith("0") else 0)
    colon = tag.colon
    if len(digits) > len(tag.number) and colon.endswith("  "):
        colon = colon[:-1]
    return f"{tag.lead}{tag.name}{digits}{colon}{name}{newline}"


def _after(spec: Spec, last: Declared | None, path: str) -> int:
    """The line before which the new tag goes: below the last patch, outside of conditions; else below the sources."""
    if last is not None:
        return _outside(spec, last.at) + 1
    listed = [at for at, line in enumerate(spec.lines) if line.section == PATCHLIST and line.heading]
    tags = [tag.at for tag in spec.tags if tag.name.lower() == "source"]
    if not listed and not tags:
        raise InputError("neither a Source nor a Patch line", "add the patch by hand", path=path, line=1)
    return listed[0] + 1 if listed else _outside(spec, tags[-1]) + 1


def _outside(spec: Spec, at: int) -> int:
    """The line itself, or the %endif of the outermost condition around it."""
    return max([frame.end for frame in spec.frames if frame.start < at < frame.end], default=at)


def _needed(patches: Patches, number: int, path: str) -> Use | None:
    """The last line that applies single patches, None where another applies the new one anyway."""
    applied = [use for use in patches.uses if use.applies]
    if any(use.all and use.covers(number) for use in applied):
        return None
    single = [use for use in applied if use.numbers and use.whole]
    bounded = [use for use in applied if use.bounded]
    if bounded or (applied and not single):
        at = (bounded or applied)[-1].at + 1
        raise InputError(f"Patch{number} would not be applied", "widen the range by hand", path=path, line=at)
    return single[-1] if single else None


def _application(text: str, use: Use, number: int, newline: str) -> str:
    """The line of another patch, said of this one."""
    indent = text[: len(text) - len(text.lstrip())]
    strip = " -p1"  # as git and diff write patches, whatever the one before had
    body = text.strip()
    if re.match(r"%patch\d", body):
        return f"{indent}%patch{number}{strip}{newline}"
    if re.match(r"%patch\s+(?:.*\s)?-P", body):
        return f"{indent}%patch -P {number}{strip}{newline}"
    if body.startswith(("%patch", "%{patch")):
        return f"{indent}%patch {number}{strip}{newline}"
    old = use.numbers[0]
    return re.sub(rf"(PATCH:?\s*|P:\s*)0*{old}\b", rf"\g<1>{number}", text.rstrip("\r\n")) + newline


def _first_application(spec: Spec, number: int, path: str, newline: str) -> tuple[int, str]:
    for at, line in enumerate(spec.lines):
        if line.section == "prep" and re.match(r"\s*%(?:setup|autosetup)\b", line.text):
            return _outside(spec, at) + 1, f"%patch -P {number} -p1{newline}"
    raise InputError("no %setup or %autosetup to apply a patch after", "add the patch by hand", path=path, line=1)

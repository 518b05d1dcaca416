"""Lines that both sides put in one place and whose order says nothing: items of a list, imports, declarations, settings
under different keys, whole definitions.

Taking both is right only where neither can mean something to the other. So all lines of both must be of one such kind,
what they stand next to must be of it too, and they must share no word that their neighbours do not have: two entries
about one thing are two versions of one change, and that is a person's question. Upstream's come first: its order (the
numbers of an enumeration, say) is released already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncbot.judge.weights import is_prose

_IMPORT = re.compile(
    rb"#\s*include\b|#\s*import\b|import\b|from\s+\S+\s+import\b|use\s+[\w:\\]+.*;$|using\b.*;$"
    rb"|require(_once|_relative)?\b"
    rb"|@import\b|extern\s+crate\b|load\("
)
_BULLET = re.compile(rb"[-*+o]\s+\S")
_FILES = re.compile(rb"[\w./$(){}@%+-]+(\s+[\w./$(){}@%+-]+)*\s*\\$")
_FILE = re.compile(rb"[\w$({][\w./$(){}@%+-]*[./)}][\w./$(){}@%+-]*$")
_TYPE = rb"[A-Za-z_][\w:<>,]*(?:\s+[A-Za-z_][\w:<>,]*)*[\s*&]+"
_VARIABLE = re.compile(_TYPE + rb"\w+(\s*\[[^]]*\])*;(\s*/[/*].*)?$")
_PROTOTYPE = re.compile(_TYPE + rb"\w+\s*\([^;{}]*\)[^;{}=]*;(\s*/[/*].*)?$")
_STATEMENT = re.compile(rb"(return|goto|delete|throw|case|else|yield|await|new|typedef|break|continue|echo|print)\b")
_SETTING = re.compile(rb"([\w.-]+)\s*=")
_SETTINGS_FILE = re.compile(
    r".*\.(ini|conf|cfg|service|socket|timer|mount|automount|target|path|slice|network|netdev|link|desktop|properties)"
    r"(\.in|\.tmpl)?",
    re.I,
)
_KCONFIG = re.compile(rb"(//\s*config:)?\s*(select|imply|depends on)\s+\w")
_KCONFIG_NEAR = re.compile(
    rb"(//\s*config:)?\s*(bool|tristate|string|int|hex|prompt|default|help|select|imply|depends on)\b"
)
_HEAD_NAME = re.compile(rb"([A-Za-z_]\w*)\s*[({]|(?:def|class|func|fn|sub|struct|enum|union)\s+([A-Za-z_]\w*)")
_PYTHON = re.compile(rb"\s*(def |class |async def |@|#)")
_TOKEN = re.compile(rb"[A-Za-z_]\w{2,}")


def independent(
    ours: Sequence[bytes], theirs: Sequence[bytes], target: Sequence[bytes], place: tuple[int, int], path: str
) -> bool:
    """Whether both may stand there, upstream's first. `place`: the lines of the release (half open, from 0) that
    `theirs` are."""
    above = [line for line in target[: place[0]] if line.strip()][-3:]
    below = [line for line in target[place[1] : place[1] + 8] if line.strip()][:3]
    if kin(ours, theirs, [*above, *below]):
        return False
    return _listed(ours, theirs, (above, below), target[: place[0]], path) or _defined(
        ours, theirs, target, place, path
    )


def kin(ours: Sequence[bytes], theirs: Sequence[bytes], around: Sequence[bytes]) -> bool:
    """Whether two sets of lines share a word that what surrounds them does not have."""
    common = _tokens(ours) & _tokens(theirs)
    return bool(common - _tokens(around))


def _tokens(lines: Sequence[bytes]) -> set[bytes]:
    return {token for line in lines for token in _TOKEN.findall(line)}


def _listed(
    ours: Sequence[bytes],
    theirs: Sequence[bytes],
    around: tuple[list[bytes], list[bytes]],
    before: Sequence[bytes],
    path: str,
) -> bool:
    kinds = {_kind(line, path) for line in (*ours, *theirs) if line.strip()}
    if len(kinds) != 1:
        return False
    (kind,) = kinds
    above, below = around
    if kind is None:
        return False
    near = [*above[-1:], *below[:1]]
    if kind == "kconfig":
        return all(_KCONFIG_NEAR.match(line) for line in near)
    if kind not in (_kind(line, path) for line in near):
        return False
    if kind == "item" and not _in_list(before):
        return False
    if kind == "setting":
        mine, other = ({m[1] for line in lines if (m := _SETTING.match(line.strip()))} for lines in (ours, theirs))
        return not mine & other
    return True


def same_kind(lines: Sequence[bytes], path: str) -> bool:
    """Whether all lines are entries of one kind."""
    kinds = {_kind(line, path) for line in lines if line.strip()}
    return len(kinds) == 1 and None not in kinds


def _kind(line: bytes, path: str) -> str | None:
    """What kind of entry a line is, None where its order may matter."""
    text = line.strip()
    name = path.rsplit("/", 1)[-1]
    if _IMPORT.match(text):
        return "import"
    if _KCONFIG.match(text):
        return "kconfig"
    if is_prose(path):
        return "bullet" if _BULLET.match(text) else None
    if _SETTINGS_FILE.fullmatch(name):
        return "setting" if _SETTING.match(text) else None
    if text.endswith(b","):
        return "item"
    if _FILES.match(text) and all(_FILE.match(word) for word in text.rstrip(b"\\").split()):
        return "file"
    if not _STATEMENT.match(text) and (_VARIABLE.match(text) or _PROTOTYPE.match(text)):
        return "declaration"
    return None


def _in_list(before: Sequence[bytes]) -> bool:
    """Whether the text ends within braces or brackets: between parentheses stand arguments, whose order matters, unless
    they belong to an import or an assignment."""
    depth = 0
    for line in reversed(before[-400:]):
        code = line.split(b"//")[0]
        for at in range(len(code) - 1, -1, -1):
            sign = code[at : at + 1]
            if sign in b")]}":
                depth += 1
            elif sign in b"([{":
                if depth:
                    depth -= 1
                    continue
                return sign != b"(" or bool(re.search(rb"(=|\bimport|\bin)\s*$", code[:at]))
    return False


def _defined(
    ours: Sequence[bytes], theirs: Sequence[bytes], target: Sequence[bytes], place: tuple[int, int], path: str
) -> bool:
    """Whether both are whole definitions, between definitions, of different names that nothing else there has."""
    python = path.endswith((".py", ".pyx"))
    whole = _python_whole if python else _braces_whole
    if not whole(ours) or not whole(theirs):
        return False
    outside = [line for line in (*target[: place[0]][-4:], *target[place[1] : place[1] + 4]) if line.strip()]
    level = _level(ours)
    if not outside or _level(theirs) != level or (not python and any(line[:1] in b" \t" for line in outside[-1:])):
        return False
    names = _names(ours)
    rest = b"".join(target)
    return bool(names) and not any(re.search(rb"\b" + re.escape(name) + rb"\b", rest) for name in names)


def _names(lines: Sequence[bytes]) -> set[bytes]:
    heads = [line for line in lines if line.strip() and _level([line]) == _level(lines)]
    return {name for line in heads if (m := _HEAD_NAME.search(line)) and (name := m[2] or m[1])}


def _level(lines: Sequence[bytes]) -> int:
    return min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)


def _braces_whole(lines: Sequence[bytes]) -> bool:
    said = [line for line in lines if line.strip()]
    if not said or said[0][:1] in b" \t}" or said[-1][:1] in b" \t" or said[-1].rstrip()[-1:] not in b"};)":
        return False
    depth = opened = 0
    for line in said:
        depth += line.count(b"{") - line.count(b"}")
        opened += line.count(b"{")
        if depth < 0:
            return False
    return depth == 0 and opened > 0


def _python_whole(lines: Sequence[bytes]) -> bool:
    said = [line for line in lines if line.strip()]
    level = _level(said)
    heads = [line for line in said if len(line) - len(line.lstrip()) == level]
    return bool(said) and said[0] in heads and all(_PYTHON.match(line) for line in heads)

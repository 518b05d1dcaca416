"""How much a line says. Rare, long lines weigh; braces and blanks weigh nothing."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import compress

FULL_LENGTH = 12
"""Characters (without white space) from which a line has its whole weight."""

_WORD = re.compile(rb"[A-Za-z0-9_]+")
_TRIVIAL = frozenset(
    b"else break continue return return0 return1 return-1 end endif fi done esac do then try pass default default: "
    b"begin #endif #else /** /* */ * // ## # -- <!-- --> none true false null".split()
)


_REMARK = re.compile(
    rb"\s*(//|/\*(?![./])|\*(\s|/|$)|dnl\s|<!--"
    rb"|#\s+(?!(if|ifdef|ifndef|elif|else|endif|define|undef|include|pragma|error|line)\b|CONFIG_\w+ is not set))"
)
"""A line that begins as a comment does in one of the usual languages. A path with a wildcard is none, nor is what a
kernel's configuration says of an option that is off."""
_OPENED = re.compile(rb"(?:^\s*|.*[\s;{}(),](?=/\*[\s*\w]))/\*(?![./])")
"""A line in which a comment may begin that goes on in the next one."""
REMARK = 0.25
"""What a comment weighs beside code: it does nothing, and is reworded as it is merged."""


def remarks(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Those of consecutive lines that are comments, as far as their own text tells."""
    within = False
    for line in lines:
        if within or (_REMARK.match(line) and not (b"*/" in line and line.split(b"*/", 1)[1].strip())):
            yield line
        opened, closed = line.rfind(b"/*") if _OPENED.match(line) else -1, line.rfind(b"*/")
        within = opened > closed or (within and closed < 0)


def squeeze(line: bytes) -> bytes:
    """The line without any white space: what two versions of it share when only indentation or spacing differ."""
    return b"".join(line.split())


def columns(line: bytes) -> int:
    """Columns before the first character, a tab going to the next eighth."""
    space = line[: len(line) - len(line.lstrip(b" \t"))]
    return len(space.expandtabs(8)) if b"\t" in space else len(space)


_WHITE = b" \t\r\x0b\x0c"
"""What `bytes.split` takes for white space, but for the line end."""


def squeezed_text(content: bytes) -> bytes:
    """A whole text with each of its lines squeezed, the line ends kept: far cheaper than line by line."""
    return content.translate(None, _WHITE)


@lru_cache(maxsize=64)
def squeezed_of(content: bytes) -> list[bytes]:
    """The lines of a text, squeezed. Callers must not change the list."""
    lines = squeezed_text(content).split(b"\n")
    if not content or content.endswith(b"\n"):
        lines.pop()  # nothing follows the last line end
    return lines


@lru_cache(maxsize=32_768)
def is_trivial(squeezed: bytes) -> bool:
    """Whether a line is too common to be evidence: blank, punctuation, or one of the words every file has."""
    if len(squeezed) < 3:
        return True
    bare = squeezed.strip(b"{}();,:[]")
    return not _WORD.search(bare) or bare.lower() in _TRIVIAL


_NO_WORD = bytes(set(range(256)).difference(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_\n"))
_LONGEST_TRIVIAL = max(map(len, _TRIVIAL))


def telling(squeezed: bytes) -> frozenset[bytes]:
    """The lines of a squeezed text that are not trivial. Nearly all have more letters and digits than any trivial one:
    those are taken at once, which is ten times cheaper than asking of each line."""
    lines = squeezed.split(b"\n")
    sizes = list(map(len, squeezed.translate(None, _NO_WORD).split(b"\n")))
    found = set(compress(lines, map(_LONGEST_TRIVIAL.__lt__, sizes)))
    short = set(compress(lines, map(range(1, _LONGEST_TRIVIAL + 1).__contains__, sizes)))
    found.update(line for line in short if not is_trivial(line))
    return frozenset(found)


def weight(squeezed: bytes, copies: int) -> float:
    """The evidence in one line that stands `copies` times in the files concerned: 1 for a long line that is unique."""
    if is_trivial(squeezed):
        return 0.0
    return min(1.0, len(squeezed) / FULL_LENGTH) / (1.0 + math.log2(max(copies, 1)))


def counts(lines: Iterable[bytes]) -> Counter[bytes]:
    return Counter(lines)


class Kind(StrEnum):
    """What a file is for: code decides; the others only where there is no code."""

    CODE = "code"
    TEST = "test"
    DOC = "doc"
    CHANGELOG = "changelog"
    GENERATED = "generated"
    CI = "ci"
    """What a forge's machines do with the project: nothing that is shipped is made of it."""


_CHANGELOG = re.compile(
    r"(change-?logs?|changes|news(-?fragments?)?|history|release-?notes?|whatsnew|relnotes)([._-].*)?", re.I
)
_NOTES = re.compile(r"\.(changesets?|changes|chloggen)|(change-?logs?|changes|news)\.d|news-?fragments?", re.I)
"""Folders that hold nothing but the notes that a changelog is made of, wherever they lie."""
_DOC_FOLDER = re.compile(r"(docs?|documentation|man|manual|html|examples?|man\d)", re.I)
_DOC_FILE = re.compile(
    r".*\.(md|rst|adoc|texi|txt|pod|man|[1-8]|[1-8]\.in|html?|xml\.in|sgml|tex|asciidoc|markdown)|readme.*|authors|copying.*|license.*|thanks|todo",
    re.I,
)
_PROSE = re.compile(r".*\.(md|rst|adoc|texi|pod|po|pot|tex|asciidoc|markdown|[1-8])|readme.*|authors|thanks|todo", re.I)
_NOT_DOC = re.compile(r"(cmakelists|requirements.*|meson_options|constraints.*)\.txt", re.I)
_TEST_FOLDER = re.compile(
    r"(tests?|testing|testsuite|t|spec|specs|__tests__|testdata|regress|unittests?|test-.*|selftests?|testcases?)", re.I
)
_TEST_FILE = re.compile(
    r"(test[_-].*|.*[_-]tests?\.\w+|.*\.test\.\w+|.*[._]spec\.\w+|.*\.t|conftest\.py|test\.\w+|tests\.\w+)", re.I
)
_SURE_FOLDER = re.compile(r"(tests?|testsuite|__tests__|testdata|regress|unittests?|selftests?|testcases?)", re.I)
_GENERATED = re.compile(
    r"(configure|aclocal\.m4|ltmain\.sh|config\.(guess|sub)|.*\.pot|.*\.po|.*\.gmo|.*-lock\.json|.*\.lock|go\.sum|.*\.min\.js|Makefile\.in|config\.h\.in)"
)


_CI_FOLDER = re.compile(
    r"\.(github|gitlab|gitea|forgejo|circleci|buildkite|semaphore|builds|woodpecker|teamcity|drone|cirrus|travis|appveyor"
    r"|jenkins|azure|azure-pipelines|ci)|\.?zuul\.d"
)
_CI_FILE = re.compile(
    r"\.?(zuul|travis|gitlab-ci|cirrus|appveyor|azure-pipelines|drone|woodpecker|packit|mergify|pre-commit-config|codecov)"
    r"\.ya?ml|Jenkinsfile"
)


_PROGRAM = re.compile(
    r".*\.(c|h|cc|cpp|cxx|hh|hpp|py|pyx|js|mjs|cjs|ts|tsx|jsx|go|rs|java|kt|scala|rb|pm|pl|php|lua|sh|swift|cs|m|vue|in|ac|am)",
    re.I,
)
"""What a compiler or an interpreter reads is never prose, whatever it is called."""


def is_prose(path: str) -> bool:
    """Whether a file is read by people alone."""
    return kind_of(path) is Kind.CHANGELOG or bool(_PROSE.fullmatch(path.rsplit("/", 1)[-1]))


def is_surely_test(path: str) -> bool:
    """Whether nobody would keep a product's own code there: in a folder `tests`, but not in `src/test.c`."""
    return any(_SURE_FOLDER.fullmatch(folder) for folder in path.split("/")[:-1])


def is_ci(path: str) -> bool:
    """Whether it configures a forge's machines: in a place that they prescribe, where no product's code can lie."""
    *folders, name = path.split("/")
    return bool(_CI_FOLDER.fullmatch(folders[0]) if folders else _CI_FILE.fullmatch(name))


def is_program(path: str) -> bool:
    """Whether a compiler or an interpreter reads it."""
    return bool(_PROGRAM.fullmatch(path.rsplit("/", 1)[-1]))


def _keeps_notes(folders: Sequence[str]) -> bool:
    """Whether a changelog, or what one is made of, is kept there: at the top, or first in the documentation. Deeper, a
    product may have news and changes of its own."""
    documents = folders[1:2] if folders and _DOC_FOLDER.fullmatch(folders[0]) else ()
    return any(map(_NOTES.fullmatch, folders)) or any(map(_CHANGELOG.fullmatch, (*folders[:1], *documents)))


def kind_of(path: str) -> Kind:
    """By the conventions of names that most projects share."""
    *folders, name = path.split("/")
    if is_ci(path):
        return Kind.CI
    if _PROGRAM.fullmatch(name):
        test = any(_TEST_FOLDER.fullmatch(folder) for folder in folders) or _TEST_FILE.fullmatch(name)
        return Kind.TEST if test else Kind.DOC if folders and _DOC_FOLDER.fullmatch(folders[0]) else Kind.CODE
    if _CHANGELOG.fullmatch(name) or _keeps_notes(folders):
        return Kind.CHANGELOG
    if _GENERATED.fullmatch(name):
        return Kind.GENERATED
    if any(_TEST_FOLDER.fullmatch(folder) for folder in folders) or _TEST_FILE.fullmatch(name):
        return Kind.TEST
    built = bool(_NOT_DOC.fullmatch(name))  # by a machine: of the documentation it is where that is at the top
    folder = any(_DOC_FOLDER.fullmatch(folder) for folder in folders[: 1 if built else 2])
    if folder or (_DOC_FILE.fullmatch(name) and not built):
        return Kind.DOC
    return Kind.CODE

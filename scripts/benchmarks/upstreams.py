"""Git upstreams to measure on: one made up here with a maintenance branch, or a real one's branches."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syncbot.git.run import git
from syncbot.model.ids import CommitId, PatchName
from syncbot.model.packages import SeriesPatch

FILES, LINES = 240, (60, 700)
"""Of the made-up upstream: how many files, and from how many to how many lines each."""
_PICKED = re.compile(rb"^\(cherry[- ]picked from commit [0-9a-f]+\)\n", re.M)
START = 1_600_000_000


@dataclass(frozen=True, slots=True)
class Stack:
    """Consecutive commits of a maintenance branch as a downstream would carry them: `base`..`tip`, judged against
    `target`. `head`: the main line."""

    name: str
    repository: Path
    base: CommitId
    tip: CommitId
    target: CommitId
    head: CommitId
    series: list[SeriesPatch]


def said(repository: Path, *arguments: str) -> str:
    return git([f"--git-dir={repository}", *arguments]).decode("utf-8", "replace").strip()


def at_count(repository: Path, tip: CommitId, commits: int) -> CommitId:
    """The newest commit on the first line of parents that reaches at most so many commits; the tip where it does."""
    line = said(repository, "rev-list", "--first-parent", "--reverse", tip).split()
    low, high = 0, len(line) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if int(said(repository, "rev-list", "--count", line[middle])) <= commits:
            low = middle
        else:
            high = middle - 1
    return CommitId(line[low])


def stacks(repository: Path, size: int, most: int) -> list[Stack]:
    """Of every branch beside the main one a few stacks of `size` commits, evenly spread, judged against the place where
    the next branch left the main line, or against its head. At most so many in all."""
    head = CommitId(said(repository, "rev-parse", "HEAD"))
    form = "--format=%(objectname)"
    tips = [tip for tip in said(repository, "for-each-ref", form, "refs/heads").split() if tip != head]
    left = [(said(repository, "merge-base", head, tip), tip) for tip in dict.fromkeys(tips)]
    order = {id: at for at, id in enumerate(said(repository, "rev-list", "--topo-order", "--reverse", head).split())}
    branches = sorted((order[point], point, tip) for point, tip in left if point and point != tip)
    points = [*dict.fromkeys(point for _, point, _ in branches), head]
    each = max(1, most // max(len(branches), 1))
    found = []
    for _, point, tip in branches:
        target = points[points.index(point) + 1]
        found += _of_branch(repository, (point, tip, target, head), size, each)
    return found[:most]


def _of_branch(repository: Path, branch: tuple[str, str, str, str], size: int, most: int) -> list[Stack]:
    point, tip, target, head = branch
    line = [point, *said(repository, "rev-list", "--first-parent", "--reverse", f"{point}..{tip}").split()]
    found: list[Stack] = []
    at = 0
    while at < len(line) - 1 and len(found) < most:
        for end in range(at + 1, len(line)):
            span = f"{line[at]}..{line[end]}"
            commits = said(repository, "rev-list", "--no-merges", "--reverse", "--topo-order", span).split()
            if len(commits) >= size:
                break
        if len(commits) == size:
            series = [_patch(repository, commit) for commit in commits]
            ids = [CommitId(id) for id in (line[at], line[end], target, head)]
            found.append(Stack(line[at][:12], repository, ids[0], ids[1], ids[2], ids[3], series))
        at = end + max(1, len(line) // (most + 1) - size)
    return found


def _patch(repository: Path, commit: str) -> SeriesPatch:
    """A commit as a patch, without the line that gives its upstream commit away."""
    form = ["format-patch", "-1", "--stdout", "--no-signature", "--no-stat"]
    text = git([f"--git-dir={repository}", *form, commit])
    return SeriesPatch(PatchName(commit[:12]), _PICKED.sub(b"", text), 1)


@dataclass(slots=True)
class _Line:
    """One line of the made-up history: its files and its last commit's mark."""

    files: dict[str, list[str]]
    mark: int = 0


@dataclass(slots=True)
class _Maker:
    draw: random.Random
    marks: int = 0
    stream: list[bytes] = field(default_factory=list)

    def text(self) -> str:
        """A line of code that no other is equal to."""
        return f"    {self.draw.choice(_WORDS)}_{self.draw.choice(_WORDS)}({self.draw.getrandbits(40):x});\n"

    def commit(self, branch: str, line: _Line, changed: list[str], subject: str) -> None:
        self.marks += 1
        who = f"Ann Author <ann@example.org> {START + 3600 * self.marks} +0000"
        message = f"{subject}\n\nBecause it was wrong before.\n".encode()
        head = f"commit refs/heads/{branch}\nmark :{self.marks}\nauthor {who}\ncommitter {who}\ndata {len(message)}\n"
        self.stream.append(head.encode() + message)
        if line.mark:
            self.stream.append(b"from :%d\n" % line.mark)
        for path in changed:
            content = "".join(line.files[path]).encode()
            self.stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
        line.mark = self.marks

    def edits(self, line: _Line) -> list[tuple[str, str, list[str]]]:
        """What one commit does: in a file or two a line gives way to up to four others."""
        found = []
        for path in self.draw.sample(sorted(line.files), self.draw.choice((1, 1, 1, 2, 3))):
            old = self.draw.choice(line.files[path])
            kept = [old] if self.draw.random() < 0.6 else []
            found.append((path, old, [*kept, *(self.text() for _ in range(self.draw.randint(1, 4)))]))
        return found


_WORDS = ("buffer", "offset", "length", "header", "packet", "window", "symbol", "cursor", "stream", "bucket", "parser")


def made(folder: Path, commits: int, seed: int = 1) -> Path:
    """A bare repository: a main line of so many commits, and branches that left it at a half and at three quarters,
    each with forty commits of their own. Two of three are changes that the main line took later, if they still fit."""
    maker = _Maker(random.Random(seed))
    main = _Line({f"src/{n % 12}/part{n}.c": _content(maker) for n in range(FILES)})
    maker.commit("main", main, sorted(main.files), "Start")
    branches: dict[str, _Line] = {}
    later: dict[str, list[tuple[str, list[tuple[str, str, list[str]]]]]] = {}
    for number in range(2, commits + 1):
        subject, edits = f"part {number}: mend it", maker.edits(main)
        maker.commit("main", main, _applied(main, edits), subject)
        for told in later.values():
            told.append((subject, edits))
        if number in (commits // 2, commits * 3 // 4):
            name = f"stable-{len(branches) + 1}"
            branches[name] = _Line({path: list(text) for path, text in main.files.items()}, main.mark)
            later[name] = []
    for name, line in branches.items():
        for number in range(40):
            subject, edits = maker.draw.choice(later[name]) if number % 3 and later[name] else ("Ours", [])
            if not all(old in line.files[path] for path, old, _ in edits) or not edits:
                subject, edits = f"ours {number}", maker.edits(line)
            maker.commit(name, line, _applied(line, edits), subject)
    repository = folder / "upstream.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(repository)], check=True)
    command = ["git", f"--git-dir={repository}", "fast-import", "--quiet"]
    subprocess.run(command, input=b"".join(maker.stream), check=True)
    subprocess.run(["git", f"--git-dir={repository}", "repack", "-a", "-d", "-f", "--quiet"], check=True)
    return repository


def _content(maker: _Maker) -> list[str]:
    count = int(maker.draw.triangular(*LINES, LINES[0] + 60))
    return list(_functions(maker, count))


def _functions(maker: _Maker, count: int) -> Iterator[str]:
    for number in range(count):
        if number % 16 == 0:
            yield f"static int {maker.draw.choice(_WORDS)}_{maker.draw.getrandbits(24):x}(int depth)\n{{\n"
        yield maker.text()
        if number % 16 == 15:
            yield "    return 0;\n}\n\n"


def _applied(line: _Line, edits: list[tuple[str, str, list[str]]]) -> list[str]:
    for path, old, new in edits:
        text = line.files[path]
        at = text.index(old)
        line.files[path] = text[:at] + new + text[at + 1 :]
    return sorted({path for path, _, _ in edits})

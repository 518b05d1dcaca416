"""Workspaces made up for the day's work: hundreds or thousands of packages with upstreams on this machine.

Seven of ten upstreams are git repositories, the others source archives on an index that is a folder. How many files,
how long, how much history: drawn from log-normal distributions with the long tails that real upstreams have (the
constants below), the same for the same seed. Each package carries five patches on its base.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import os
import random
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PATCHES = 5
RELEASES = 8
"""Releases of an upstream before the day; the last one is the base."""
BASE, NEXT = f"1.{RELEASES - 1}.0", f"1.{RELEASES}.0"
GIT_SHARE = 0.7
START = 1_700_000_000
DAY = 86_400
# (median, the logarithm's standard deviation, the most): half of the upstreams have fewer, one in forty many times as
# many. Files and lines as in source packages of a distribution, history as in repositories of libraries.
FILES = (40, 1.1, 600)
LINES = (110, 0.9, 3000)
COMMITS = (60, 1.0, 1500)
_VOCABULARY = """
    buffer offset length header packet window symbol record cursor stream bucket digest handle parser writer reader
    limit index table entry value state flags error count depth block chunk frame token
"""
_WORDS = _VOCABULARY.split()
_FOLDERS = ("src", "lib", "src/core", "src/io", "include", "tools", "tests", "doc")
_POOL = 60_000

Lines = list[str]

_NO_LIMITS = 'max-new-proposals = "none"\nproposals.max-open = "none"\nproposals.per-hour = "none"\n'


@cache
def _pool() -> Lines:
    """Lines of code, each told apart from the others. Files are pieces of it."""
    draw = random.Random(0)
    words = draw.choices(_WORDS, k=3 * _POOL)
    numbers = draw.choices(range(100_000), k=_POOL)
    parts = zip(words[::3], words[1::3], words[2::3], numbers, strict=True)
    return [f"    {a}_{b}[{number}] = {c}({a}, {at});\n" for at, (a, b, c, number) in enumerate(parts)]


class Package:
    """One package of the workspace with its upstream: all of it follows from the seed and the number."""

    def __init__(self, root: Path, seed: int, number: int) -> None:
        self._random = random.Random(f"{seed}/{number}")
        self.number = number
        self.name = f"pkg{number:05d}"
        self.is_git = self._random.random() < GIT_SHARE
        self._root = root

    @cached_property
    def files(self) -> dict[str, Lines]:
        """The files as they are now, {path: lines}; the first ones are those that are patched."""
        made = {}
        for at in range(max(PATCHES + 3, self._draw(*FILES))):
            ending = "c" if at < PATCHES else self._random.choice(("c", "c", "h", "py"))
            long = max(20, self._draw(*LINES))
            start = self._random.randrange(_POOL - long)
            made[f"{self._random.choice(_FOLDERS)}/part{at}.{ending}"] = _pool()[start : start + long]
        return made

    @cached_property
    def commits(self) -> int:
        return max(RELEASES, self._draw(*COMMITS))

    @property
    def upstream(self) -> str:
        return f"git:{self.repository}" if self.is_git else f"pypi:{self.name}"

    @property
    def repository(self) -> Path:
        return self._root / "upstreams" / f"{self.name}.git"

    def archive(self, version: str) -> Path:
        return self._root / "files" / f"{self.name}-{version}.tar.gz"

    def make(self) -> dict[str, str]:
        """Write the upstream up to its base release; gives the package's files downstream, {name: text}."""
        history = list(self.history())
        if self.is_git:
            git(self._root, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(self.repository))
            git(self.repository, "fast-import", "--quiet", stdin=b"".join(history))
        else:
            self._publish(RELEASES - 1)
        return self._downstream()

    def release(self) -> None:
        """One more release: one patch is merged, another one's file is edited next to its place, other files change,
        too. Of three such releases one leaves the files of the patches alone."""
        changed: list[str] = []
        if self._random.random() < 2 / 3:
            first, second, *_ = self._patched
            self.files[first] = self._fixed(0)
            lines = self.files[second]
            place = min(len(lines), len(lines) // 2 + 2)
            self.files[second] = [*lines[:place], f"    /* upstream, {self.name} */\n", *lines[place:]]
            changed = [first, second]
        changed += self._edit(self._random.randint(2, 8), list(self.files)[PATCHES:])
        if self.is_git:
            commit = self._commit(self.commits + 1, changed, f"v{NEXT}", parent="refs/heads/main^0")
            git(self.repository, "fast-import", "--quiet", stdin=b"".join(commit))
        else:
            self._publish(RELEASES)

    @property
    def _patched(self) -> list[str]:
        return list(self.files)[:PATCHES]

    def _fixed(self, at: int) -> Lines:
        """A patched file with its fix in it."""
        lines = self.files[self._patched[at]]
        word = _WORDS[(self.number + at) % len(_WORDS)]
        name = f"{word}_{self.number}_{at}"
        fix = [f"    if ({name} > {word}_limit)\n", f"        return error_of({name});\n"]
        place = len(lines) // 2
        return [*lines[:place], *fix, *lines[place:]]

    def _downstream(self) -> dict[str, str]:
        made = {
            "package.toml": f'upstream = "{self.upstream}"\nbase = "{BASE}"\n',
            "series": "".join(f"fix{at}.patch\n" for at in range(PATCHES)),
        }
        for at, path in enumerate(self._patched):
            diff = difflib.unified_diff(self.files[path], self._fixed(at), f"a/{path}", f"b/{path}")
            made[f"fix{at}.patch"] = f"Subject: refuse what is too large ({self.name}, {at})\n\n" + "".join(diff)
        return made

    def history(self) -> Iterator[bytes]:
        """What happened up to the base release, as `git fast-import` reads it: one commit with all files, then small
        ones. The files are then as the base release has them."""
        yield from self._commit(1, list(self.files), None)
        every, tagged = max(1, self.commits // RELEASES), 0
        for at in range(2, self.commits + 1):
            tag = None
            if at == self.commits:
                tag = f"v{BASE}"
            elif at % every == 0 and tagged < RELEASES - 1:
                tag, tagged = f"v1.{tagged}.0", tagged + 1
            yield from self._commit(at, self._edit(self._random.randint(1, 3), list(self.files)), tag)

    def _commit(self, at: int, changed: list[str], tag: str | None, parent: str = "") -> Iterator[bytes]:
        message = f"{self._random.choice(_WORDS)}: change number {at}\n".encode()
        who = f"A Person <person@example.org> {START + at * DAY // 4} +0000"
        yield f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(message)}\n".encode() + message
        if parent:
            yield f"from {parent}\n".encode()
        if self.is_git:
            for path in changed:
                text = "".join(self.files[path]).encode()
                yield f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"
        if tag:
            yield f"reset refs/tags/{tag}\nfrom refs/heads/main\n\n".encode()

    def _edit(self, count: int, among: list[str]) -> list[str]:
        """Change one line of some files; gives their paths."""
        paths = self._random.sample(among, min(count, len(among)))
        for path in paths:
            lines = list(self.files[path])
            lines[self._random.randrange(len(lines))] = _pool()[self._random.randrange(_POOL)]
            self.files[path] = lines
        return paths

    def _publish(self, newest: int) -> None:
        """Write the newest archive and the index's page. Of the first ones the page only tells; nobody reads them."""
        page = self._root / "index" / self.name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        self.archive("x").parent.mkdir(exist_ok=True)
        self.archive(f"1.{newest}.0").write_bytes(self._packed(f"1.{newest}.0"))
        links = []
        for version in [f"1.{at}.0" for at in range(newest + 1)]:
            file = self.archive(version)
            content = file.read_bytes() if file.exists() else file.name.encode()
            digest = hashlib.sha256(content).hexdigest()
            links.append(f'<a href="{file.as_uri()}#sha256={digest}">{file.name}</a><br>\n')
        page.write_text(f"<!DOCTYPE html><html><body>\n{''.join(links)}</body></html>\n")

    def _packed(self, version: str) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as tar:
            for path, lines in self.files.items():
                content = "".join(lines).encode()
                info = tarfile.TarInfo(f"{self.name}-{version}/{path}")
                info.size, info.mtime = len(content), START
                tar.addfile(info, io.BytesIO(content))
        return made.getvalue()

    def _draw(self, median: int, sigma: float, most: int) -> int:
        return min(most, max(1, round(median * self._random.lognormvariate(0, sigma))))


@dataclass(frozen=True)
class Made:
    """A workspace on disk. `root/workspace` is the downstream repository."""

    root: Path
    seed: int
    packages: int

    @property
    def workspace(self) -> Path:
        return self.root / "workspace"

    @property
    def environ(self) -> dict[str, str]:
        """What a program that works on it is run with: no home, no user's settings, the index in the folder."""
        home = self.root / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "PIP_INDEX_URL": (self.root / "index").as_uri(), "PIP_CONFIG_FILE": os.devnull}
        theirs = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PIP_", "UV_"))}
        return theirs | own | SEALED

    def day(self, share: float) -> list[int]:
        """Let that share of the upstreams, but at least one, have a new release. Gives their numbers."""
        numbers = sorted(random.Random(self.seed).sample(range(self.packages), max(1, round(self.packages * share))))
        for number in numbers:
            again = Package(self.root, self.seed, number)
            for _ in again.history():
                pass  # its files are then as the base release has them
            again.release()
        return numbers


def make(root: Path, packages: int, seed: int = 1) -> Made:
    """Make a workspace of so many packages below `root`, which must not be there yet."""
    root = root.absolute()
    (root / "upstreams").mkdir(parents=True)
    made = Made(root, seed, packages)
    for number in range(packages):
        package = Package(root, seed, number)
        folder = made.workspace / "patches" / package.name
        folder.mkdir(parents=True)
        for name, text in package.make().items():
            (folder / name).write_text(text)
    (made.workspace / "syncbot.toml").write_text(_NO_LIMITS)
    (made.workspace / ".gitignore").write_text("/state/*\n")
    git(made.workspace, "init", "--quiet", "--initial-branch=main")
    git(made.workspace, "add", "--all")
    git(made.workspace, "commit", "--quiet", "--message=Track them")
    return made


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> None:
    command = ["git", "-c", "gc.auto=0", *arguments]
    subprocess.run(command, cwd=folder, input=stdin, env=os.environ | SEALED, check=True, stdout=subprocess.DEVNULL)


_WHO = {"NAME": "A Person", "EMAIL": "person@example.org", "DATE": f"{START} +0000"}
SEALED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()},
}

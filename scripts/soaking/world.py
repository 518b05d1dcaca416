"""A catalogue made in code: each package has a git upstream of its own and three patches. All of it follows from the
seed and the number, so that two runs meet the same world."""

from __future__ import annotations

import difflib
import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pygit2

START = 1_700_000_000
DAY = 86_400
LINES = 80
_MAIN, _TAG = "refs/heads/main", "refs/tags/v1."
_FILES = ("a.c", "b.c", "c.c")
_WHO = {"NAME": "A Person", "EMAIL": "person@example.org", "DATE": f"{START} +0000"}
SEALED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()},
}
SETTINGS = """max-new-proposals = "none"
proposals.max-open = "none"
proposals.per-hour = "none"
proposals.dashboard = false

[forge]
kind = "github"
repository = "acme/soak"
address = "{address}"
"""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "gc.auto=0", "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | SEALED, check=True, capture_output=True)
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Package:
    seed: int
    number: int

    @property
    def name(self) -> str:
        return f"pkg{self.number:05d}"

    def draw(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{self.number}/{what}")

    def files(self, release: int) -> dict[str, str]:
        """The files of release 1.`release`. One patch is merged in 1.1 or in 1.2, or never; others change nearby."""
        merged = self.draw("merged").choice((1, 1, 2, 9))
        lines = {name: [f"{self.name}_{name[0]}{at} = step({at});" for at in range(LINES)] for name in _FILES}
        if release >= merged:
            lines["a.c"][40] = self._fix("a.c")
        for at in range(1, release + 1):
            place = self.draw(f"edit {at}").choice((5, 22, 24, 60))
            lines["b.c"].insert(place, f"upstream_{at}({self.number});")
        return {name: "".join(f"{line}\n" for line in text) for name, text in lines.items()}

    def _fix(self, name: str) -> str:
        return f"{self.name}_{name[0]}_fixed = guard({self.number});"

    def patches(self) -> dict[str, str]:
        base = self.files(0)
        names = {"a.c": "fix-a.patch", "b.c": "fix-b.patch", "c.c": "fix-c.patch"}
        made = {}
        for path, name in names.items():
            line = 40 if path == "a.c" else 25
            after = base[path].splitlines(True)
            after[line] = f"{self._fix(path)}\n"
            text = difflib.unified_diff(base[path].splitlines(True), after, f"a/{path}", f"b/{path}")
            secure = "Fixes: CVE-2024-1000\n" if path == "a.c" and self.number % 10 == 0 else ""
            made[name] = f"Subject: {path} of {self.name}\n{secure}\n{''.join(text)}"
        return made

    def grow(self, folder: Path, release: int) -> None:
        """Releases that its upstream lacks, up to that one; in process, for a thousand upstreams are made."""
        there = (
            pygit2.Repository(str(folder))
            if folder.exists()
            else pygit2.init_repository(str(folder), bare=True, initial_head="main")
        )
        known = [name.removeprefix(_TAG) for name in there.references if name.startswith(_TAG)]
        for each in range(max(map(int, known), default=-1) + 1, release + 1):
            who = pygit2.Signature("A Person", "person@example.org", START + each * DAY, 0)
            tree = there.TreeBuilder()
            for path, text in self.files(each).items():
                tree.insert(path, there.create_blob(text.encode()), pygit2.enums.FileMode.BLOB)
            parents = [there.references[_MAIN].target] if each else []
            commit = there.create_commit(_MAIN, who, who, f"1.{each}\n", tree.write(), parents)
            there.create_reference(f"{_TAG}{each}", commit)


class World:
    """`root/upstreams` is a link to the upstreams of the run that goes on."""

    def __init__(self, root: Path, packages: int, seed: int, share: float) -> None:
        """`share`: of all packages, how many have a release to move to at the start, and get one with each wave."""
        self.root, self.packages = root, [Package(seed, number) for number in range(packages)]
        self._some = max(1, round(packages * share))
        first = random.Random(f"{seed}/first").sample(self.packages, self._some)
        self._first = {package.number for package in first}

    def make(self, run: str) -> None:
        """The upstreams of one run, as they are at its start."""
        for package in self.packages:
            folder = self.upstream(run, package)
            folder.parent.mkdir(parents=True, exist_ok=True)
            package.grow(folder, int(package.number in self._first))

    def upstream(self, run: str, package: Package) -> Path:
        return self.root / run / "upstreams" / f"{package.name}.git"

    def use(self, run: str) -> None:
        link = self.root / "upstreams"
        link.unlink(missing_ok=True)
        link.symlink_to(self.root / run / "upstreams")

    def release(self, run: str, package: Package, release: int) -> None:
        """One more release, where it is not there yet: those before it come with it."""
        package.grow(self.upstream(run, package), release)

    def waves(self, count: int) -> list[list[tuple[Package, int]]]:
        """What is released while a run goes on: {wave: packages with the release that they get}. The last wave brings a
        second one for some that had theirs."""
        draw = random.Random(f"{self.packages[0].seed}/waves")
        chosen = draw.sample(self.packages, min(len(self.packages), count * self._some))
        found = [[(package, 2) for package in chosen[at::count]] for at in range(count)]
        found[-1] += [(package, 3) for package, _ in found[0][::4]] if count > 1 else []
        return found

    def workspace(self, run: str, address: str) -> Path:
        """The downstream repository of one run, on a branch `main`."""
        folder = self.root / run / "workspace"
        for package in self.packages:
            place = folder / "patches" / package.name
            place.mkdir(parents=True)
            patches = package.patches()
            upstream = self.root / "upstreams" / f"{package.name}.git"
            (place / "package.toml").write_text(f'upstream = "git:{upstream}"\nbase = "1.0"\n')
            (place / "series").write_text("".join(f"{name}\n" for name in patches))
            for name, text in patches.items():
                (place / name).write_text(text)
        (folder / "syncbot.toml").write_text(SETTINGS.format(address=address))
        (folder / ".gitignore").write_text("/state*/\n")
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=Track them")
        return folder

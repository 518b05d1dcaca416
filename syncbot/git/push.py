"""Talking git to a forge's repository: which branches stand where, fetching their commits, moving them under a lease.

The credential goes to git in the environment of that one process, for that one host: never in an argument, a file, a
configuration or a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pygit2

from syncbot.errors import ForgeError, ForgeRefused
from syncbot.git.build import check_branch
from syncbot.git.run import GitFailed, git
from syncbot.model.addresses import check_git, is_path, scrubbed, shown
from syncbot.model.ids import CommitId

_SECRET = "SYNCBOT_GIT_PASSWORD"  # noqa: S105  # the name of a variable
_TIMEOUT = 600.0
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "$SYNCBOT_GIT_USER" "${_SECRET}"; }}; f'
_HEADS = "refs/heads/"


class LeaseLost(ForgeRefused):
    """The branch is not where it was expected: somebody pushed in between."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository somewhere: an https or ssh address, or a path. `secret` is for https alone, where `user` names the
    account that git's protocol asks for; without one git's own credential helpers are asked."""

    address: str
    secret: str = field(default="", repr=False)
    user: str = "x-access-token"

    @property
    def shown(self) -> str:
        """The address for people."""
        return self.address if is_path(self.address) else shown(self.address)

    def heads(self, scratch: Path, names: Sequence[str]) -> Mapping[str, CommitId]:
        """{branch: commit} of those that are there. Raises ForgeError."""
        refs = [f"{_HEADS}{check_branch(name)}" for name in names]
        said = self._git(scratch, ["ls-remote", "--refs", "--", self._checked(), *refs], "read")
        rows = (line.split("\t", 1) for line in said.decode("utf-8", "replace").splitlines() if "\t" in line)
        return {ref.removeprefix(_HEADS): CommitId(id) for id, ref in rows if ref in refs}

    def fetch(self, scratch: Path, refs: Sequence[str]) -> None:
        """Bring the commits of these refs (whole names) into `scratch`; no branch of it moves. Raises ForgeError."""
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        self._git(scratch, ["fetch", *options, "--", self._checked(), *refs], "read")

    def push(self, scratch: Path, branch: str, to: CommitId | None, expected: CommitId | None) -> None:
        """Move a branch from `expected` (None: it must not be there) to a commit of `scratch` (None: away), or not at
        all. Raises
        LeaseLost where it stands elsewhere, ForgeRefused where the forge protects it, ForgeError."""
        ref = _HEADS + check_branch(branch)
        lease = f"--force-with-lease={ref}:{expected or ''}"
        command = ["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", lease]
        try:
            said = self._run(scratch, [*command, "--", self._checked(), f"{to or ''}:{ref}"], ok=(0, 1))
        except GitFailed as error:
            raise ForgeError(
                f"the branch {branch} cannot be pushed ({self._clean(error.said)})",
                "check the address, the network and the credential",
            ) from None
        # one line per ref: flag, tab, from:to, tab, what became of it
        rows = [line.split("\t") for line in said.decode("utf-8", "replace").splitlines() if ref in line]
        if not rows or rows[0][0] == "!":
            raise self._not_pushed(branch, rows[0][-1] if rows else "git says nothing about it")

    def _not_pushed(self, branch: str, told: str) -> ForgeError:
        said = self._clean(told)
        if said.startswith("[rejected]") or "cannot lock ref" in said or "reference already exists" in said:
            return LeaseLost(f"the branch {branch} moved while syncbot worked", "the next run looks at it anew")
        if said.startswith("[remote rejected]"):
            return ForgeRefused(
                f"the forge does not take the branch {branch} ({said})", "let syncbot push to syncbot/* there"
            )
        return ForgeError(f"the branch {branch} cannot be pushed ({said})", "check the address and the credential")

    def _git(self, scratch: Path, arguments: Sequence[str], what: str) -> bytes:
        try:
            return self._run(scratch, arguments)
        except GitFailed as error:
            raise ForgeError(
                f"the repository {scrubbed(self.address)} cannot be {what} ({self._clean(error.said)})",
                "check the address, the network and the credential",
            ) from None

    def _run(self, scratch: Path, arguments: Sequence[str], ok: tuple[int, ...] = (0,)) -> bytes:
        return git(arguments, cwd=scratch, env=self._environment(), timeout=_TIMEOUT, ok=ok)

    def _environment(self) -> dict[str, str]:
        if not self.secret:
            return {}
        parts = urlsplit(self.address)
        host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        settings = {"credential.helper": "", f"credential.{host}.helper": _HELPER}
        env = {"GIT_CONFIG_COUNT": str(len(settings)), "SYNCBOT_GIT_USER": self.user, _SECRET: self.secret}
        for number, (key, value) in enumerate(settings.items()):
            env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return env

    def _checked(self) -> str:
        return self.address if is_path(self.address) else check_git(self.address)

    def _clean(self, text: str) -> str:
        return scrubbed(text.replace(self.secret, "***") if self.secret else text)


def make_scratch(folder: Path, source: Path) -> None:
    """A bare repository at `folder` that borrows the objects of the repository at `source`: commits are built in it
    and pushed from it, and neither branches nor objects of the user's own repository are touched."""
    if not (folder / "HEAD").exists():
        pygit2.init_repository(str(folder), bare=True, initial_head="main")
    common = git(["rev-parse", "--path-format=absolute", "--git-common-dir"], cwd=source).decode().rstrip("\n")
    wanted = f"{Path(common) / 'objects'}\n"
    alternates = folder / "objects" / "info" / "alternates"
    shallow = Path(common) / "shallow"
    if shallow.exists():  # a clone of few commits: where its history ends, ours does
        (folder / "shallow").write_bytes(shallow.read_bytes())
    if not alternates.exists() or alternates.read_text() != wanted:
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_text(wanted)

"""Writing one commit object, signed where the identity says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pygit2

from syncbot.errors import InputError
from syncbot.git.run import GitFailed, git
from syncbot.model.settings import Identity, Signing

_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S")


def make_commit(
    repository: pygit2.Repository,
    author: pygit2.Signature,
    committer: pygit2.Signature,
    message: str,
    tree: pygit2.Oid,
    parents: Sequence[pygit2.Oid],
    identity: Identity,
) -> pygit2.Commit:
    """No branch moves. Raises InputError where it cannot be signed."""
    if identity.signing is Signing.NONE:
        made = repository.create_commit(None, author, committer, message, tree, list(parents))
        return repository[made].peel(pygit2.Commit)
    settings = {"gpg.format": identity.signing.value}
    if identity.key:
        settings["user.signingKey"] = identity.key
    env = {"GIT_CONFIG_COUNT": str(len(settings)), **_who("AUTHOR", author), **_who("COMMITTER", committer)}
    for number, (name, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    above = [word for parent in parents for word in ("-p", str(parent))]
    try:
        said = git(
            ["commit-tree", "-S", *above, "-F", "-", str(tree)],
            cwd=Path(repository.path),
            stdin=message.encode("utf-8", "surrogateescape"),
            env=env,
        )
    except GitFailed as error:
        raise InputError(
            f"a commit cannot be signed with {identity.signing} ({error.said})",
            "correct identity.signing and identity.key; the key must need no passphrase, or its agent must have it",
        ) from None
    return repository[said.decode().strip()].peel(pygit2.Commit)


def signed_off(message: str, identity: Identity) -> str:
    """The message with its Signed-off-by line, as the last of its trailers."""
    line = f"Signed-off-by: {identity.name} <{identity.email}>"
    if not identity.sign_off or line in message.splitlines():
        return message
    last = message.rstrip("\n").rpartition("\n\n")
    joined = bool(last[1]) and all(_TRAILER.match(row) for row in last[2].splitlines())
    return message.rstrip("\n") + ("\n" if joined else "\n\n") + line + "\n"


def _who(role: str, signature: pygit2.Signature) -> dict[str, str]:
    offset = abs(signature.offset)
    zone = f"{'-' if signature.offset < 0 else '+'}{offset // 60:02}{offset % 60:02}"
    return {
        f"GIT_{role}_NAME": signature.raw_name.decode("utf-8", "surrogateescape"),
        f"GIT_{role}_EMAIL": signature.raw_email.decode("utf-8", "surrogateescape"),
        f"GIT_{role}_DATE": f"@{signature.time} {zone}",
    }

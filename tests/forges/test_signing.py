"""Commits that are signed and signed off, checked by git itself."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncbot.errors import ForgeRefused
from syncbot.forges.local import LocalForge
from syncbot.git.commit import signed_off
from syncbot.model.settings import Identity, Signing

from .world import NOON, World, git

BOT = Identity("Bot", "bot@example.org")


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bot", "-f", str(key)], check=True)
    return key


@pytest.fixture
def pgp(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A key ring; its path must be short, for the agent's socket lies in it."""
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    make = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "Bot <bot@example.org>", "ed25519"]
    subprocess.run(make, check=True, capture_output=True)
    yield
    subprocess.run(["gpgconf", "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


def test_signed_by_ssh(world: World, ssh_key: Path, tmp_path: Path) -> None:
    signers = tmp_path / "signers"
    signers.write_text(f"bot@example.org {ssh_key.with_suffix('.pub').read_text()}")
    identity = replace(BOT, signing=Signing.SSH, key=str(ssh_key))
    forge = LocalForge(world.state, world.root, identity)
    record = forge.propose(world.proposal(), NOON)
    git(world.bare, "-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit", record.tip)
    assert git(world.bare, "log", "-1", "--format=%an|%ae|%cn|%aI|%s", record.tip) == (
        "Bot|bot@example.org|Bot|2024-03-01T12:00:00+00:00|lib: drop one.patch"
    )
    assert forge.propose(world.proposal(), NOON) == record


def test_signed_by_openpgp_also_what_is_replayed(world: World, pgp: None) -> None:
    identity = replace(BOT, signing=Signing.OPENPGP, key="bot@example.org")
    forge = LocalForge(world.state, world.root, identity)
    forge.propose(world.proposal(), NOON)
    world.push()
    record = forge.propose(world.proposal(b"uno.patch\n"), NOON)
    for commit in (record.tip, f"{record.tip}^"):
        git(world.bare, "verify-commit", commit)
    assert git(world.bare, "log", "-1", "--format=%an/%cn", record.tip) == "A Person/Bot"


def test_a_key_that_cannot_sign_is_an_error(world: World, tmp_path: Path) -> None:
    forge = LocalForge(world.state, world.root, replace(BOT, signing=Signing.SSH, key=str(tmp_path / "none")))
    with pytest.raises(ForgeRefused, match=r"a commit cannot be signed with ssh .*; correct identity\.signing"):
        forge.propose(world.proposal(), NOON)
    assert world.forge.list() == []


@pytest.mark.parametrize(
    ("message", "ends"),
    [
        ("subject\n", "subject\n\nSigned-off-by: Bot <bot@example.org>\n"),
        ("a\n\nFixes: x\n", "a\n\nFixes: x\nSigned-off-by: Bot <bot@example.org>\n"),
        ("a\n\nSigned-off-by: Bot <bot@example.org>\n", "a\n\nSigned-off-by: Bot <bot@example.org>\n"),
        ("a: b\n", "a: b\n\nSigned-off-by: Bot <bot@example.org>\n"),
    ],
)
def test_signed_off(message: str, ends: str) -> None:
    assert signed_off(message, replace(BOT, sign_off=True)) == ends
    assert signed_off(message, BOT) == message

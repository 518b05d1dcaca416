"""Signatures of archives, with real keys: what is good, what is refused, what is said where nothing is known."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncbot.errors import InputError, SignatureBad
from syncbot.sources import Place
from syncbot.sources.signatures import keys_of
from syncbot.sources.tarball import TarballSource

from .making import make_tar, quiet, sha256

pytestmark = pytest.mark.skipif(not (shutil.which("gpg") and shutil.which("gpgv")), reason="needs gpg and gpgv")
ARCHIVE = make_tar({"thing-1.0/a.c": b"one\n"})
NAME = "thing-1.0.tar.gz"


@dataclass(frozen=True)
class Signer:
    home: Path

    def gpg(self, *arguments: str, stdin: bytes = b"") -> bytes:
        command = ["gpg", "--batch", "--yes", "--homedir", str(self.home), "--pinentry-mode", "loopback", *arguments]
        return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout

    def sign(self, content: bytes, *options: str) -> bytes:
        return self.gpg("--detach-sign", *options, "--output", "-", stdin=content)

    def keys(self, *options: str) -> bytes:
        return self.gpg("--export", *options)

    def end(self) -> None:
        """Its agent would stay."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False)


def made(home: Path) -> Signer:
    home.mkdir(mode=0o700)
    signer = Signer(home)
    signer.gpg("--passphrase", "", "--quick-generate-key", "Upstream <up@example.org>", "ed25519", "sign", "never")
    return signer


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    signer = made(tmp_path_factory.mktemp("gpg") / "u")
    yield signer
    signer.end()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    signer = made(tmp_path_factory.mktemp("gpg") / "s")
    yield signer
    signer.end()


def source(folder: Path, files: dict[str, bytes], keyring: bytes) -> TarballSource:
    (folder / "dist").mkdir()
    for name, content in files.items():
        (folder / "dist" / name).write_bytes(content)
    return TarballSource(str(folder / "dist"), Place(folder / "cache", keyring=keyring))


def told(source: TarballSource) -> str:
    source.refresh(quiet)
    [release] = source.releases()
    source.tree(release, quiet)
    return source.vouched(release)


@pytest.mark.parametrize("armour", [(), ("--armor",)])
def test_a_good_signature_names_its_key(armour: tuple[str, ...], upstream: Signer, tmp_path: Path) -> None:
    ending = ".asc" if armour else ".sig"
    files = {NAME: ARCHIVE, NAME + ending: upstream.sign(ARCHIVE, *armour)}
    said = told(source(tmp_path, files, upstream.keys(*armour)))
    key = upstream.gpg("--with-colons", "--list-keys").decode().split("fpr:::::::::")[1].partition(":")[0]
    assert said == f"Its signature is good, by the key {key}."


def test_a_signature_of_what_the_archive_unpacks_to(upstream: Signer, tmp_path: Path) -> None:
    files = {NAME: ARCHIVE, "thing-1.0.tar.sign": upstream.sign(gzip.decompress(ARCHIVE))}
    assert "Its signature is good" in told(source(tmp_path, files, upstream.keys()))


def test_a_signature_of_another_file_is_an_alarm(upstream: Signer, tmp_path: Path) -> None:
    files = {NAME: ARCHIVE, f"{NAME}.asc": upstream.sign(ARCHIVE + b"more", "--armor")}
    with pytest.raises(SignatureBad, match=r"the signature of thing-1\.0\.tar\.gz is bad: it is not of this file"):
        told(source(tmp_path, files, upstream.keys()))


def test_a_signature_by_a_stranger_is_an_alarm(upstream: Signer, stranger: Signer, tmp_path: Path) -> None:
    files = {NAME: ARCHIVE, f"{NAME}.asc": stranger.sign(ARCHIVE, "--armor")}
    with pytest.raises(SignatureBad, match="which is none of upstream's"):
        told(source(tmp_path, files, upstream.keys()))


def test_what_is_no_signature_is_an_alarm(upstream: Signer, tmp_path: Path) -> None:
    with pytest.raises(SignatureBad, match="cannot be read"):
        told(source(tmp_path, {NAME: ARCHIVE, f"{NAME}.asc": b"<html>sorry</html>"}, upstream.keys()))


def test_a_signed_list_of_checksums_vouches_for_the_archive(upstream: Signer, tmp_path: Path) -> None:
    sums = f"{sha256(ARCHIVE)}  {NAME}\n".encode()
    files = {NAME: ARCHIVE, "SHA256SUMS": sums, "SHA256SUMS.gpg": upstream.sign(sums)}
    said = told(source(tmp_path, files, upstream.keys()))
    assert said.startswith("Its checksum is the one that is published beside it. The list of checksums is signed by ")


def test_a_list_of_checksums_that_was_changed_is_an_alarm(upstream: Signer, tmp_path: Path) -> None:
    sums = f"{sha256(ARCHIVE)}  {NAME}\n".encode()
    files = {NAME: ARCHIVE, "SHA256SUMS": sums, "SHA256SUMS.gpg": upstream.sign(sums.replace(b"1.0", b"1.1"))}
    with pytest.raises(SignatureBad, match="the signature of SHA256SUMS is bad"):
        told(source(tmp_path, files, upstream.keys()))


def test_without_a_key_nothing_is_claimed(upstream: Signer, tmp_path: Path) -> None:
    files = {NAME: ARCHIVE, f"{NAME}.asc": upstream.sign(ARCHIVE + b"more")}
    said = told(source(tmp_path, files, b""))
    assert said == "A signature is published, and was not checked: no key of upstream's is named."


def test_without_gpgv_nothing_is_claimed(upstream: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    files = {NAME: ARCHIVE, f"{NAME}.asc": b"anything"}
    said = told(source(tmp_path, files, b"keys"))
    assert said == "A signature is published, and was not checked: gpgv is not installed here."


def test_a_key_without_any_signature_is_told(upstream: Signer, tmp_path: Path) -> None:
    assert told(source(tmp_path, {NAME: ARCHIVE}, upstream.keys())) == "No signature of it is published."


def test_keys_that_cannot_be_read_are_the_packagings_mistake() -> None:
    with pytest.raises(InputError, match="holds no OpenPGP key"):
        keys_of(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!!\n-----END PGP PUBLIC KEY BLOCK-----\n")

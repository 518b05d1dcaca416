"""The digest of what a recipe pins: of what really came, and true to what upstream publishes of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamUnreachable
from syncbot.sources.digests import Digests

from .conftest import Registry
from .making import quiet, sha256

FILE = b"an archive\n"
URL = "https://x.example/d/thing-1.0.tar"


@pytest.fixture
def digests(tmp_path: Path, registry: Registry) -> Digests:
    return Digests(tmp_path / "cache", 100, (("https://x.example/", f"{registry.url}/"),), quiet)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
def test_it_is_of_what_came(algorithm: str, digests: Digests, registry: Registry) -> None:
    registry.put("/d/thing-1.0.tar", FILE)
    assert digests(URL, algorithm) == hashlib.new(algorithm, FILE).hexdigest()
    registry.asked.clear()
    digests(URL, algorithm)
    assert "/d/thing-1.0.tar" not in [path for path, _ in registry.asked], "it is fetched once"


def test_what_upstream_publishes_must_be_true(digests: Digests, registry: Registry) -> None:
    registry.put("/d/thing-1.0.tar", FILE)
    registry.put("/d/thing-1.0.tar.sha256", f"{sha256(FILE)}  thing-1.0.tar\n")
    assert digests(URL, "sha512") == hashlib.sha512(FILE).hexdigest()
    registry.put("/d/thing-1.0.tar.sha256", f"{sha256(b'another')}  thing-1.0.tar\n")
    with pytest.raises(DigestMismatch, match="but upstream publishes sha256:"):
        digests(URL, "sha512")


def test_what_is_not_there_or_too_large_is_not_pinned(digests: Digests, registry: Registry) -> None:
    with pytest.raises(UpstreamUnreachable, match=r"thing-1\.0\.tar is not at"):
        digests(URL, "sha256")
    registry.put("/d/thing-1.0.tar", b"x" * 101)
    with pytest.raises(HostileInput, match="exceeds 100 bytes"):
        digests(URL, "sha256")


def test_only_https_is_pinned_unless_a_rule_leads_elsewhere(digests: Digests, registry: Registry) -> None:
    for url in (f"{registry.url}/d/thing-1.0.tar", "ftp://x.example/thing.tar", "file:///etc/passwd"):
        with pytest.raises(HostileInput, match="is not fetched by https"):
            digests(url, "sha256")
    with pytest.raises(InputError, match="'crc32' is no checksum that is known here"):
        digests(URL, "crc32")

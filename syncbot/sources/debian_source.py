"""A Debian source package through the user's own apt: signatures are apt's to check, digests are checked once more.

`apt-get source --download-only` finds the package with the user's sources (`deb-src`) and keyrings; nothing that it
brings is unpacked to disk.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from syncbot.errors import DigestMismatch, HostileInput, InputError, UpstreamUnreachable
from syncbot.model.addresses import scrubbed
from syncbot.model.settings import Limits
from syncbot.model.trees import SYMLINK
from syncbot.ports.source import Progress
from syncbot.sources.archive import ArchiveTree, open_archive

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}")
_SECONDS = 1800.0
_KEPT = ("PATH", "HOME", "APT_CONFIG", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY")
_SUM = re.compile(r"^ ([0-9a-f]{64}) (\d+) (\S+)$", re.MULTILINE)


def fetch_source(
    name: str, environ: Mapping[str, str], progress: Progress, limits: Limits | None = None
) -> dict[str, bytes]:
    """{path from the package's root: content} of all files below `debian/` that are plain files. Raises InputError
    for a name that is none, UpstreamUnreachable where apt is not there or does not find it, DigestMismatch."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name of a Debian source package", "check its spelling")
    limits = limits or Limits()
    progress(f"asking apt for the source of {name}", 0, 0)
    with tempfile.TemporaryDirectory(prefix="syncbot-") as folder:
        _download(name, Path(folder), environ)
        packaging = checked_packaging(Path(folder), name)
        return _files(open_archive(packaging, limits, packaging.name, progress))


def _download(name: str, folder: Path, environ: Mapping[str, str]) -> None:
    sealed = {key: environ[key] for key in _KEPT if key in environ} | {"LC_ALL": "C"}
    command = ["apt-get", "source", "--download-only", "--only-source", "-q", "--", name]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=sealed,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise UpstreamUnreachable(
            "there is no apt-get here", "fetch the source package and import its folder"
        ) from None
    except subprocess.TimeoutExpired:
        raise UpstreamUnreachable(f"apt-get took longer than {_SECONDS:.0f} seconds", "look at the network") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("E:")]
        said = scrubbed(lines[0][3:]) if lines else f"exit status {done.returncode}"
        remedy = "check its name, and that apt has a deb-src source that was updated"
        raise UpstreamUnreachable(f"apt-get does not fetch the source of {name} ({said})", remedy)


def checked_packaging(folder: Path, name: str) -> Path:
    """The packaging archive, after every file that the .dsc names was checked against its digest."""
    controls = sorted(folder.glob("*.dsc"))
    if len(controls) != 1:
        raise UpstreamUnreachable(f"apt-get brought {len(controls)} descriptions (.dsc) of {name}", "fetch it by hand")
    text = controls[0].read_text("utf-8", "replace").partition("Checksums-Sha256:")[2]
    found: list[Path] = []
    for digest, size, file in _SUM.findall(re.split(r"\n(?=\S)", text, maxsplit=1)[0] + "\n"):
        path = folder / file
        if "/" in file or file in (".", "..") or not path.is_file():
            raise HostileInput(f"{controls[0].name} names {file!r}, which did not come with it", "fetch it by hand")
        with path.open("rb") as opened:
            got = hashlib.file_digest(opened, "sha256").hexdigest()
        if got != digest or path.stat().st_size != int(size):
            raise DigestMismatch(f"{file} has sha256 {got}, its .dsc says {digest}", "do not use it")
        found.append(path)
    packaging = [path for path in found if re.search(r"\.debian\.tar\.[a-z0-9]+$", path.name)]
    if len(packaging) != 1:
        raise InputError(f"{name} has no .debian.tar: it is no 3.0 (quilt) package", "import it by hand")
    return packaging[0]


def _files(tree: ArchiveTree) -> dict[str, bytes]:
    """All of `debian/`; the archive's only folder is left out of its paths."""
    found: dict[str, bytes] = {}
    for path in tree.paths():
        entry, content = tree.entry(path), tree.read(path)
        if entry is None or content is None or entry.mode == SYMLINK:
            continue
        found[path if path.startswith("debian/") else f"debian/{path}"] = content
    return found

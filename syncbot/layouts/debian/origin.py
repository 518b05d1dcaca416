"""Where a Debian package's upstream is: `debian/watch`, `debian/upstream/metadata` and `debian/control`.

A watch file that names a forge gives its git repository; one that names a page of tarballs gives the `tarball` source
with the watch file's own pattern, and the repository of the metadata is its history then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from syncbot.errors import SyncbotError
from syncbot.layouts.debian.watch import Watch, read_components, read_watch
from syncbot.layouts.recipe import Known
from syncbot.model import addresses
from syncbot.model.releases import Upstream
from syncbot.model.trees import SYMLINK, Tree

_MAIL = re.compile(r"<([^<>@\s]+@[^<>@\s]+)>")
_REPOSITORY = re.compile(r"^(?:git://|https?://(?:[^/]*\bgit[^/]*|[^/]*/(?:c?git|scm))/|https?://\S+\.git/?$)", re.I)


def known(tree: Tree, folder: str, source: str) -> Known:
    """What the files say; what they do not is a doubt."""
    control = _fields(_text(tree, f"{folder}/control") or _text(tree, f"{folder}/control.in"))
    metadata = _fields(_text(tree, f"{folder}/upstream/metadata"))
    doubts: list[str] = []
    watch, said = read_watch(_text(tree, f"{folder}/watch"), source)
    doubts += said
    repository = _repository(metadata.get("repository", ""))
    homepage = _forge(control.get("homepage", ""))
    upstream, pattern = _watched(watch)
    parts = read_components(_text(tree, f"{folder}/watch"), source)
    if upstream is None:
        upstream, pattern = repository or homepage, ""
    history = None if upstream is None or upstream.scheme == "git" else repository or homepage
    if upstream is None and not doubts:
        doubts.append("neither debian/watch nor debian/upstream/metadata says where upstream is")
    if not folder.count("/") and _has_source(tree, folder):
        doubts.append("upstream's files lie beside debian/: import the new release with gbp import-orig, too")
    owners = _owners(control)
    return Known(upstream, history, pattern, owners, tuple(doubts), components=parts, signing_keys=_keys(folder))


def _watched(watch: Watch | None) -> tuple[Upstream | None, str]:
    if watch is None:
        return None, ""
    if watch.upstream is not None:
        return watch.upstream, watch.pattern
    try:
        return addresses.check(Upstream("tarball", watch.page)), watch.pattern
    except SyncbotError:
        return None, ""


def _repository(text: str) -> Upstream | None:
    """A git repository's address, None where it is none that is known to be git."""
    forge = _forge(text)
    if forge is not None:
        return forge
    text = _address(text)
    if not _REPOSITORY.match(text):
        return None
    try:
        return addresses.check(Upstream("git", text))
    except SyncbotError:
        return None


def _address(text: str) -> str:
    """An address without quotes, and without the branch that some write after it."""
    return re.split(r"[\s,]", text.strip().strip("\"'"), maxsplit=1)[0]


def _forge(text: str) -> Upstream | None:
    """The repository that a page of a forge is about."""
    parts = urlsplit(_address(text))
    host, path = (parts.hostname or "").lower(), [part for part in parts.path.split("/") if part]
    if parts.scheme not in ("http", "https") or len(path) < 2 or "@" in parts.netloc:
        return None
    if host not in ("github.com", "codeberg.org") and not host.startswith(("gitlab.", "salsa.")):
        return None
    inner = path[:2] if not host.startswith("gitlab.") else path[: path.index("-")] if "-" in path else path
    return Upstream("git", f"https://{host}/{'/'.join(inner).removesuffix('.git')}.git")


def _owners(control: dict[str, str]) -> tuple[str, ...]:
    """Maintainer, then Uploaders, by mail address; each once."""
    said = f"{control.get('maintainer', '')}, {control.get('uploaders', '')}"
    return tuple(dict.fromkeys(_MAIL.findall(said)))


def _has_source(tree: Tree, folder: str) -> bool:
    above = folder.rpartition("/")[0]
    prefix = f"{above}/" if above else ""
    ours = (f"{folder}/", f"{prefix}.", f"{prefix}syncbot.toml", f"{prefix}pyproject.toml", f"{prefix}state/")
    code = (".c", ".h", ".py", ".go", ".rs", ".rb", ".pl", ".js", "Makefile.am", "configure.ac", "CMakeLists.txt")
    found: Iterable[str] = (p for p in tree.paths() if p.startswith(prefix) and not p.startswith(ours))
    return any(path.endswith(code) for path in found)


def _fields(text: str) -> dict[str, str]:
    """{lower-case name: value} of the first paragraph; lines that go on are joined. YAML metadata looks alike."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line.strip() and found:
            break
        name, colon, value = line.partition(":")
        if line.startswith("#") or line == "---":
            continue
        if line[:1].isspace():
            found[last] = f"{found.get(last, '')} {line.strip()}".strip()
        elif colon:
            last = name.strip().lower()
            found[last] = value.strip()
    return found


def _text(tree: Tree, path: str) -> str:
    entry = tree.entry(path)
    content = None if entry is None or entry.mode == SYMLINK else tree.read(path)
    return (content or b"").decode("utf-8", "replace")


def _keys(folder: str) -> tuple[str, ...]:
    """Where uscan looks for them, armoured or not."""
    return tuple(f"{folder}/upstream/signing-key.{ending}" for ending in ("asc", "pgp", "gpg"))

"""Releases that are archives on a web page or in a folder: `tarball:` with a template, a page or a path.

A template has `@VERSION@` in its last part and, where releases lie in folders by line, `@LINE@` or `@VERSION@` in one
before it: its folders are the pages that list the files. Without a template every archive of the page that is named
like the others counts. Checksums that are published beside the archives (`SHA256SUMS` and its like, `NAME.sha256`) are
checked; signatures, of an archive or of a list of checksums, are where upstream's keys are known (`signatures`).
Beside `NAME_VERSION.orig.tar.xz`, `NAME_VERSION.orig-PART.tar.xz` is unpacked into the folder PART, as Debian does.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syncbot.errors import DigestMismatch, InputError, UpstreamChanged, UpstreamUnreachable
from syncbot.model.addresses import rewrite, shown
from syncbot.model.ids import Digest
from syncbot.model.releases import Release
from syncbot.model.trees import Tree
from syncbot.model.versions import Version, normalise
from syncbot.ports.source import Progress
from syncbot.sources.archive import open_archive
from syncbot.sources.cache import Cache, digest_of
from syncbot.sources.components import Mounted
from syncbot.sources.http import Http
from syncbot.sources.listing import SIGNATURES, File, checksums, digest_in, is_sums, links
from syncbot.sources.place import Place
from syncbot.sources.signatures import NO_GPGV, check, have_gpgv

VERSION, LINE, ENDING = "@VERSION@", "@LINE@", "@EXT@"
_ENDINGS = ("tar.xz", "tar.bz2", "tar.gz", "tar.zst", "tbz", "tbz2", "tgz", "txz", "tar", "zip")
"""Best first, of several archives of one release."""
_ANY_ENDING = "(?:" + "|".join(map(re.escape, _ENDINGS)) + ")"
_ARCHIVE = re.compile(rf"(?P<stem>[^/]+?)(?P<ending>\.{_ANY_ENDING})$", re.IGNORECASE)
_ORIG = re.compile(rf"\.orig\.{_ANY_ENDING}$", re.IGNORECASE)
_PART = re.compile(rf"(?P<of>.+)\.orig-(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)\.{_ANY_ENDING}", re.IGNORECASE)
_NOT_SOURCE = re.compile(
    r"[-_.](?:win(?:32|64)?|windows|linux|darwin|macos|amd64|x86_64|i686|arm64|aarch64|bin)\b", re.I
)
_REPACKED = re.compile(r"[+~](?:dfsg|ds|repack|debian)[\d.]*$")
_REALLY = re.compile(r"^.*\+really(?=\d)")
_BEFORE = re.compile(r"(?!v?\d+\.)(.*?)[-_]v?\d")
_GLUED = re.compile(r"(.*?)[-_.]?v?\d")
_PAGE_BYTES = 32 * 1024 * 1024
_MOST_FOLDERS = 60
_MOST_SUMS = 3
_UNABLE = {"minisig": "that kind is not known here"}


@dataclass(frozen=True, slots=True)
class _Known:
    release: Release
    file: File
    sums: str
    """Where a checksum of this file alone is published, empty: nowhere."""
    signature: str
    vouched: str = ""
    """The key that signed the list with its checksum, empty: none is known."""
    parts: tuple[tuple[str, _Known], ...] = ()
    """(component, its archive): what a distribution keeps beside an orig tarball as `orig-NAME`."""


class TarballSource:
    """The archives at `location`: an http or https URL, or a path."""

    def __init__(self, location: str, place: Place) -> None:
        self._location = location
        self._place = place
        self._web = "://" in location
        http = Http(sleep=place.sleep, turn=place.turn, contact=place.contact)
        self._cache = Cache(place.cache, http, place.limits.archive_bytes, _PAGE_BYTES)
        self._known: dict[str, _Known] | None = None
        self._vouched: dict[str, str] = {}

    def refresh(self, progress: Progress) -> None:
        progress(f"looking at {shown(self._location)}", 0, 0)
        self._known = self._read(self._ask)

    def releases(self) -> Sequence[Release]:
        return tuple(known.release for known in self._all().values())

    def branch(self, name: str) -> Release | None:  # noqa: ARG002  # a page has no branches
        return None

    def head(self) -> str:
        return ""

    def lineage(self, base: Release, target: Release, progress: Progress) -> None:
        """Archives have no history."""

    def signature(self, release: Release) -> str:
        """Where a signature of the release's archive is published, empty where none is seen."""
        known = self._all().get(release.version)
        return "" if known is None else known.signature

    def tree(self, release: Release, progress: Progress) -> Tree:
        known = self._all().get(release.version)
        where = shown(self._location)
        if known is None:
            what = f"tarball:{where}: release {release.version} is gone from the page"
            raise UpstreamChanged(what, "ask upstream why before you trust it")
        if known.release.identity != release.identity:
            what = f"tarball:{where}: release {release.version} was {release.identity}, now {known.release.identity}"
            raise UpstreamChanged(what, "ask upstream why before you trust it")
        tree = self._opened(known, progress)
        parts = {name: self._opened(part, progress) for name, part in known.parts}
        return Mounted(tree, parts) if parts else tree

    def missing(self, release: Release) -> frozenset[str]:
        """The components that other releases have, and this one has not."""
        known = self._all()
        every = frozenset(name for one in known.values() for name, _ in one.parts)
        own = known.get(release.version)
        return every if own is None else every - {name for name, _ in own.parts}

    def _opened(self, known: _Known, progress: Progress) -> Tree:
        path = self._fetched(known, progress)
        self._keep_word(known, path)
        return open_archive(path, self._place.limits, known.file.name, progress)

    def vouched(self, release: Release) -> str:
        """How far it is known that the archive is upstream's, in a sentence or two."""
        known = self._all().get(release.version)
        if known is None:
            return ""
        word = self._word_file(known)
        return word.read_text() if word.is_file() else self._keep_word(known, self._fetched(known, _quiet))

    def _keep_word(self, known: _Known, path: Path) -> str:
        """What is known of the archive, checked now, and kept: each proposal asks for it."""
        published = known.release.identity.startswith("sha") or bool(known.sums)
        parts = ["Its checksum is the one that is published beside it."] if published else []
        told = " ".join(part for part in [*parts, self._signed(known, path)] if part)
        word = self._word_file(known)
        word.parent.mkdir(parents=True, exist_ok=True)
        half = word.with_name(f".{word.name}.{os.getpid()}")
        half.write_text(told)
        half.replace(word)
        return told

    def _word_file(self, known: _Known) -> Path:
        place = [known.file.place, known.release.identity, known.signature, known.sums, known.vouched, str(have_gpgv())]
        digest = hashlib.sha256("\0".join(place).encode() + self._place.keyring).hexdigest()
        return self._place.cache / "vouched" / digest

    def _signed(self, known: _Known, path: Path) -> str:
        """What its signature came to. Raises SignatureBad."""
        if known.vouched:
            return f"The list of checksums is signed by {known.vouched}."
        if not known.signature:
            return "No signature of it is published." if self._place.keyring else ""
        ending = known.signature.rpartition(".")[2]
        if not self._place.keyring or ending == "minisig" or not have_gpgv():
            why = "no key of upstream's is named" if not self._place.keyring else _UNABLE.get(ending, NO_GPGV)
            return f"A signature is published, and was not checked: {why}."
        body = self._ask(known.signature) if self._web else Path(known.signature).read_bytes()
        if body is None:
            raise UpstreamUnreachable(f"there is no signature at {shown(known.signature)}", "it is listed: try again")
        of_tar = not known.signature.rpartition("/")[2].startswith(known.file.name)
        found = check(path, body, self._place.keyring, known.file.name, unpacked=of_tar)
        since = ", which has expired since" if found.expired else ""
        return f"Its signature is good, by the key {found.key}{since}."

    def _all(self) -> dict[str, _Known]:
        if self._known is None:
            self._known = self._read(self._remembered)
        return self._known

    def _read(self, page: Callable[[str], bytes | None]) -> dict[str, _Known]:
        files, pattern, project = self._listed(page)
        by_name = {file.name: file for file in files}
        digests = self._published(files, page)
        best: dict[Version, tuple[int, File]] = {}
        for file in files:
            found = _version(file.name, pattern, project)
            if found is None:
                continue
            rank = _rank(file.name)
            if found not in best or rank < best[found][0]:
                best.pop(found, None)
                best[found] = (rank, file)
        beside = _components(files)

        def known(version: Version, file: File) -> _Known:
            one = _known(version, file, by_name, digests)
            return replace(one, vouched=self._vouched.get(file.name, ""))

        made = [known(found, best[found][1]) for found in sorted(best)]
        for at, (one, found) in enumerate(zip(made, sorted(best), strict=True)):
            parts = beside.get(_ORIG.sub("", one.file.name), {}) if _ORIG.search(one.file.name) else {}
            if parts:
                made[at] = replace(one, parts=tuple((name, known(found, parts[name])) for name in sorted(parts)))
        return {known.release.version: known for known in made}

    def _listed(self, page: Callable[[str], bytes | None]) -> tuple[list[File], str, str]:
        """The archives, the pattern that their names must match, and the name before the version."""
        top, parts, last = _split(self._location)
        folders = [top]
        for part in parts:
            wanted = re.compile(expression(part))
            below = [file for folder in folders for file in self._files(folder, page, folders=True)]
            found = [file for file in below if wanted.fullmatch(file.name)]
            found.sort(key=lambda file: _order(file.name), reverse=True)
            folders = [file.place for file in found[:_MOST_FOLDERS]]
        files = [file for folder in folders for file in self._files(folder, page)]
        if last:
            return files, f"^{expression(last)}$", ""
        if self._place.tag_pattern:
            return files, self._place.tag_pattern, ""
        project = _project(file.name for file in files)
        return files, "", project

    def _files(self, place: str, page: Callable[[str], bytes | None], *, folders: bool = False) -> list[File]:
        if not self._web:
            return _local(Path(place), folders=folders)
        body = page(place)
        if body is None:
            raise UpstreamUnreachable(f"there is no page {shown(place)}", "check the upstream's address")
        return [file for file in links(body, place) if file.folder is folders]

    def _published(self, files: Sequence[File], page: Callable[[str], bytes | None]) -> dict[str, Digest]:
        """{file name: digest} of the lists of checksums that lie there; all pages of one upstream count as one."""
        found: dict[str, Digest] = {}
        for file in [file for file in files if is_sums(file.name)][:_MOST_SUMS]:
            body = page(file.place) if self._web else Path(file.place).read_bytes()
            new = {name: digest for name, digest in checksums(body or b"").items() if name not in found}
            key = self._signer(file, body or b"", files, page)
            self._vouched |= dict.fromkeys(new, key)
            found |= new
        return found

    def _signer(self, sums: File, body: bytes, files: Sequence[File], page: Callable[[str], bytes | None]) -> str:
        """The key that signed a list of checksums, empty where that is not known. Raises SignatureBad."""
        names = [sums.name + end for end in SIGNATURES if end != ".minisig"]
        sign = next((file for file in files if file.name in names), None)
        if sign is None or not self._place.keyring or not have_gpgv():
            return ""
        signature = page(sign.place) if self._web else Path(sign.place).read_bytes()
        with tempfile.TemporaryDirectory(prefix="syncbot-sums-") as folder:
            here = Path(folder) / "sums"
            here.write_bytes(body)
            return check(here, signature or b"", self._place.keyring, sums.name).key

    def _ask(self, url: str) -> bytes | None:
        return self._cache.page(rewrite(url, self._place.rules), "text/html, */*;q=0.5").body

    def _remembered(self, url: str) -> bytes | None:
        found = self._cache.known_page(rewrite(url, self._place.rules))
        if found is None:
            raise UpstreamUnreachable(f"{shown(url)} was never read", "refresh it first")
        return found.body

    def _fetched(self, known: _Known, progress: Progress) -> Path:
        """The archive's file, checked against whatever is published of it."""
        if not self._web:
            path = Path(known.file.place)
            wanted = self._own_digest(known)
            if wanted is not None and digest_of(path, wanted) != wanted:
                raise _mismatch(known.file.name, wanted, digest_of(path, wanted))
            return path
        url = rewrite(known.file.place, self._place.rules)
        wanted = self._own_digest(known)
        if wanted is not None:
            return self._cache.archive(url, wanted, known.file.name, progress)
        return self._cache.loose(url, known.file.name, progress)

    def _own_digest(self, known: _Known) -> Digest | None:
        identity = known.release.identity
        if identity.partition(":")[0].startswith(("sha", "md5")):
            return Digest(identity)
        if not known.sums:
            return None
        body = self._ask(known.sums) if self._web else Path(known.sums).read_bytes()
        found = digest_in(body or b"", known.file.name)
        if found is None:
            what = f"{shown(known.sums)} holds no checksum of {known.file.name}"
            raise UpstreamUnreachable(what, "look at it: what is published must be checked")
        return found


def _split(location: str) -> tuple[str, list[str], str]:
    """(the folder or page that is looked at first, patterns of folders below it, pattern of the files; empty: any)."""
    parts = location.split("/")
    marked = [at for at, part in enumerate(parts) if VERSION in part or LINE in part]
    if not marked:
        return location, [], ""
    if VERSION not in parts[-1] and parts[-1]:
        raise InputError(f"{shown(location)} has no {VERSION} in its last part", "write it where the version stands")
    if marked[0] < 3 and "://" in location:
        raise InputError(f"{shown(location)} has a pattern in its host", f"write {VERSION} in the path")
    return "/".join(parts[: marked[0]]) + "/", parts[marked[0] : -1], parts[-1]


def expression(part: str) -> str:
    """A template's part as a regular expression with at most one group, the version."""
    text = re.escape(part).replace(re.escape(ENDING), _ANY_ENDING).replace(re.escape(LINE), r"[^/]*\d[^/]*")
    first, mark, rest = text.partition(re.escape(VERSION))
    return first + (r"(\d[^/]*?)" if mark else "") + rest.replace(re.escape(VERSION), r"\d[^/]*?")


def _version(name: str, pattern: str, project: str) -> Version | None:
    """The version in a file's name, None where it is no archive of a release."""
    found = _ARCHIVE.match(name)
    if found is None or _NOT_SOURCE.search(name) or _PART.fullmatch(name):
        return None
    if pattern:
        matched = re.search(pattern, name)
        return None if matched is None or not matched[1] else normalise(_own(matched[1]))
    stem = _stem(found["stem"])
    lead = re.match(r"(.*?)[-_.]?v?(?=\d)", stem[len(project) :] if stem.startswith(project) else "?")
    if lead is None or lead[1] or not stem.startswith(project):
        return None
    return normalise(_own(stem[len(project) :].lstrip("-_.")))


def _components(files: Iterable[File]) -> dict[str, dict[str, File]]:
    """{NAME_VERSION of an orig tarball: {component: its archive, of the best ending}}."""
    found: dict[str, dict[str, File]] = {}
    for file in sorted(files, key=lambda file: -_rank(file.name)):
        part = _PART.fullmatch(file.name)
        if part is not None:
            found.setdefault(part["of"], {})[part["name"]] = file
    return found


def _stem(stem: str) -> str:
    """An archive's name without what no version is in. A distribution's `NAME_VERSION.orig` says where that begins."""
    if stem.endswith(".orig"):
        name, _, version = stem.removesuffix(".orig").rpartition("_")
        return f"{re.sub('[0-9]', 'N', name)}_{version}" if name else version
    return stem.removesuffix("-src").removesuffix("-source")


def _own(text: str) -> str:
    """Upstream's version of a tarball that a distribution made."""
    return _REPACKED.sub("", _REALLY.sub("", text))


def _project(names: Iterable[str]) -> str:
    """What most archives are named before their version. Names may have digits of their own: `libxml2-2.15.tar.xz`."""
    stems = (_stem(found["stem"]) for found in map(_ARCHIVE.match, names) if found)
    leads = (found[1] for found in (_BEFORE.match(stem) or _GLUED.match(stem) for stem in stems) if found)
    counted = Counter(leads).most_common(1)
    return counted[0][0] if counted else ""


def _known(found: Version, file: File, by_name: dict[str, File], digests: dict[str, Digest]) -> _Known:
    identity = digests.get(file.name) or f"file:{file.name}" + (f"@{file.size}" if file.size is not None else "")
    sums = next((by_name[n].place for end in ("sha512", "sha256") if (n := f"{file.name}.{end}") in by_name), "")
    plain = re.sub(r"\.tar\.\w+$", ".tar", file.name)  # some sign what all their archives unpack to
    named = [name + end for name in dict.fromkeys((file.name, plain)) for end in SIGNATURES]
    sign = next((by_name[name].place for name in named if name in by_name), "")
    release = Release(found.text, file.name, identity, None, found.prerelease)
    return _Known(release, file, sums, sign)


def _rank(name: str) -> int:
    return next((at for at, end in enumerate(_ENDINGS) if name.lower().endswith(f".{end}")), len(_ENDINGS))


def _order(name: str) -> tuple[bool, Version | str]:
    found = normalise(name)
    return (True, found) if found is not None else (False, name)


def _local(folder: Path, *, folders: bool) -> list[File]:
    if not folder.is_dir():
        raise UpstreamUnreachable(f"{folder} is no folder", "check the upstream's address")
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.is_dir() is not folders:
            continue
        size = None if folders else path.stat().st_size
        found.append(File(path.name, str(path), folder=folders, size=size))
    return found


def _quiet(what: str, done: int, total: int) -> None:
    """No progress."""


def _mismatch(name: str, wanted: Digest, got: Digest) -> DigestMismatch:
    return DigestMismatch(f"{name} has {got}, but {wanted} is published beside it", "do not use it before you know why")

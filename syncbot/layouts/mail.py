"""Patches as mail: a folder of `git format-patch` files, or one mbox with a message for each patch.

A folder may list its patches in `.patches`, one name per line, as Electron does; else they apply in order of name.
Names stay: nothing is numbered anew. Neither says which release the patches are for, nor where upstream is: that stands
in the workspace's settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncbot.errors import InputError
from syncbot.layouts.reading import link_on
from syncbot.layouts.recipe import Download, Known, Listed, Move, Place
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName
from syncbot.model.trees import Tree

LISTED = ".patches"
_ENDINGS = (".patch", ".diff", ".eml")
_FROM = re.compile(rb"^From (?:[0-9a-f]{40}|\S+@\S+|-) +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*$", re.MULTILINE)
_SUBJECT = re.compile(rb"^Subject:[ \t]*(?P<text>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE | re.IGNORECASE)
_TAG = re.compile(rb"^\s*\[[^\]]*\]\s*")
_HEAD = 4096
_LONGEST = 60


class MailFormat:
    """A package is a folder whose patches are mail, or an mbox file; it is named after the folder or the file."""

    name = "mail"

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        prefix = f"{folder}/" if folder else ""
        folders: dict[str, None] = {}
        for path in sorted(tree.paths()):
            above, _, name = path.rpartition("/")
            if not path.startswith(prefix) or any(part.startswith(".") for part in above.split("/")):
                continue
            if name.endswith((".mbox", ".mbx")) and _is_mail(tree, path):
                yield Place(_named(path.rpartition(".")[0]), path)
            elif above not in folders and name.endswith(_ENDINGS) and _is_mail(tree, path):
                folders[above] = None
                yield Place(_named(above), above)

    def read(self, tree: Tree, place: Place) -> MailFolder | Mailbox:
        if tree.entry(place.path) is not None:
            return _mailbox(tree, place)
        return _folder(tree, place)


def _named(path: str) -> str:
    """The last part that says anything: `patches` of `chromium/patches` does not."""
    parts = [part for part in path.split("/") if part]
    telling = [part for part in parts if part.lower() not in ("patches", "patch")]
    return (telling or parts or ["patches"])[-1]


def _is_mail(tree: Tree, path: str) -> bool:
    return link_on(tree, path) is None and _FROM.match((tree.read(path) or b"")[:_HEAD].lstrip()) is not None


@dataclass(frozen=True, slots=True)
class MailFolder:
    """`files`: {name: bytes} of what is listed; `order`: `.patches` as it was read, None where there is none."""

    folder: str
    names: tuple[PatchName, ...]
    order: bytes | None
    edits: Mapping[str, bytes | None] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    version: str | None = None

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(Listed(name, self._path(name)) for name in self.names)

    def without(self, name: PatchName) -> MailFolder:
        self._require(name)
        left = tuple(other for other in self.names if other != name)
        return replace(self, names=left, edits={**self.edits, **self._listed(name, None), self._path(name): None})

    def rewritten(self, name: PatchName, content: bytes) -> MailFolder:
        self._require(name)
        return replace(self, edits={**self.edits, self._path(name): content})

    def adding(self, name: PatchName, content: bytes) -> MailFolder:
        if "/" in name or not name.endswith(_ENDINGS):
            raise InputError(f"{name} is no name for a patch in {self.folder}", "end it with .patch")
        if self.order is None and self.names and name < max(self.names):
            last = max(self.names)
            what = (
                f"{name} would not come last: the patches of {self.folder} apply in order of name, {last} is the last"
            )
            raise InputError(what, "give it a later name by hand")
        edits = {**self.edits, **self._listed(None, name), self._path(name): content}
        return replace(self, names=(*self.names, name), edits=edits)

    def moved(self, move: Move) -> MailFolder:  # noqa: ARG002  # the folder says nothing of releases: the settings do
        return self

    def downloads(self) -> tuple[Download, ...]:
        return ()

    def checked(self, digests: Mapping[Download, str]) -> MailFolder:
        _refuse_digests(digests)
        return self

    def changes(self) -> Mapping[str, bytes | None]:
        return self.edits

    def _listed(self, gone: PatchName | None, new: PatchName | None) -> dict[str, bytes | None]:
        if self.order is None:
            return {}
        path = f"{self.folder}/{LISTED}" if self.folder else LISTED
        series = quilt.parse(self.edits.get(path, self.order) or b"")
        series = series if gone is None else quilt.remove(series, gone)
        return {path: quilt.format(series if new is None else quilt.append(series, new))}

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def _require(self, name: PatchName) -> None:
        if name not in self.names:
            raise InputError(f"{name} is not among the patches of {self.folder}", "read it again")


def _folder(tree: Tree, place: Place) -> MailFolder:
    prefix = f"{place.path}/" if place.path else ""
    below = (path.removeprefix(prefix) for path in tree.paths() if path.startswith(prefix))
    there = sorted(name for name in below if "/" not in name and name.endswith(_ENDINGS))
    order = tree.read(prefix + LISTED)
    if order is None:
        return MailFolder(place.path, tuple(map(PatchName, there)), None)
    series = quilt.parse(order)
    quilt.check(series, prefix + LISTED)
    unnamed = [name for name in there if name not in series.names]
    if unnamed:
        what = f"not named in {LISTED}: {', '.join(unnamed[:5])}"
        raise InputError(what, "name them there, or delete them", path=place.path)
    return MailFolder(place.path, series.names, order)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mbox: `lead` is what stands before its first message, `messages` the bytes of each, in order."""

    path: str
    lead: bytes
    names: tuple[PatchName, ...]
    messages: tuple[bytes, ...]
    before: bytes
    known: Known = field(default_factory=Known)
    version: str | None = None

    @property
    def patches(self) -> tuple[Listed, ...]:
        return tuple(Listed(name, self.path) for name in self.names)

    def content(self, name: PatchName) -> bytes:
        message = self.messages[self._at(name)]
        return message[:-1] if message.endswith(b"\n\n") else message

    def without(self, name: PatchName) -> Mailbox:
        at = self._at(name)
        return self._with(self.names[:at] + self.names[at + 1 :], self.messages[:at] + self.messages[at + 1 :])

    def rewritten(self, name: PatchName, content: bytes) -> Mailbox:
        at = self._at(name)
        message = _message(content)
        return self._with(self.names, (*self.messages[:at], message, *self.messages[at + 1 :]))

    def adding(self, name: PatchName, content: bytes) -> Mailbox:
        if name in self.names:
            raise InputError(f"{name} is in {self.path} already", "choose another name")
        message = _message(content)
        if name not in (_name(message), _name(message, with_id=True)):
            raise InputError(f"{name} is not the message's subject ({_name(message)})", "bring it back by hand")
        last = self.messages[-1:]
        before = (*self.messages[:-1], *(m if m.endswith(b"\n\n") else m.rstrip(b"\n") + b"\n\n" for m in last))
        return self._with((*self.names, name), (*before, message))

    def moved(self, move: Move) -> Mailbox:  # noqa: ARG002  # the mailbox says nothing of releases: the settings do
        return self

    def downloads(self) -> tuple[Download, ...]:
        return ()

    def checked(self, digests: Mapping[Download, str]) -> Mailbox:
        _refuse_digests(digests)
        return self

    def changes(self) -> Mapping[str, bytes | None]:
        now = self.lead + b"".join(self.messages)
        return {} if now == self.before else {self.path: now if self.messages or self.lead.strip() else None}

    def _at(self, name: PatchName) -> int:
        if name not in self.names:
            raise InputError(f"{name} is not in {self.path}", "read it again")
        return self.names.index(name)

    def _with(self, names: tuple[PatchName, ...], messages: tuple[bytes, ...]) -> Mailbox:
        return replace(self, names=names, messages=messages)


def _mailbox(tree: Tree, place: Place) -> Mailbox:
    content = tree.read(place.path) or b""
    starts = [found.start() for found in _FROM.finditer(content) if _begins(content, found.start())]
    if not starts:
        raise InputError("it holds no message", "write it with git format-patch --stdout", path=place.path)
    ends = [*starts[1:], len(content)]
    messages = tuple(content[start:end] for start, end in zip(starts, ends, strict=True))
    plain = [_name(message) for message in messages]
    names = [_name(m, with_id=plain.count(name) > 1 or not name) for m, name in zip(messages, plain, strict=True)]
    for name in names:
        if names.count(name) > 1:
            what = f"two of its messages are named {name}"
            raise InputError(what, "give each a subject of its own", path=place.path)
    return Mailbox(place.path, content[: starts[0]], tuple(names), messages, content)


def _begins(content: bytes, at: int) -> bool:
    """Whether a `From ` line begins a message: at the start, or after an empty line."""
    if at < _HEAD and not content[:at].strip():
        return True
    return content[:at].endswith((b"\n\n", b"\r\n\r\n", b"\n\r\n"))


def _name(message: bytes, *, with_id: bool = False) -> PatchName:
    """The subject as git makes a file name of it; with the start of the commit's id, where that is asked for. Empty
    where there is no subject."""
    found = _SUBJECT.search(message)
    text = b"" if found is None else _TAG.sub(b"", b" ".join(found["text"].split()))
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", text.decode("utf-8", "replace")).strip("-.")[:_LONGEST].rstrip("-.")
    if with_id:
        plain = "-".join(part for part in (plain, message[5:13].decode("ascii", "replace")) if part)
    return PatchName(f"{plain}.patch" if plain else "")


def _message(content: bytes) -> bytes:
    """A patch as a message of an mbox: an empty line ends it."""
    if _FROM.match(content) is None:
        raise InputError("the patch is no mail, so it cannot stand in a mailbox", "write it with git format-patch")
    if _begins_again(content):
        raise InputError("a line of the patch would begin another message", "quote it by hand")
    return content + (b"\n" if content.endswith(b"\n") else b"\n\n")


def _begins_again(content: bytes) -> bool:
    return any(_begins(content, found.start()) for found in _FROM.finditer(content, 1))


def _refuse_digests(digests: Mapping[Download, str]) -> None:
    if digests:
        raise InputError("patches as mail pin no downloads", "take this up with whoever calls")

"""`debian/watch`, versions 3 to 5: the page that is looked at, and the pattern of what counts there.

The first source is the package's; those with `component=NAME` are of the archives that are unpacked into the folder
NAME. Source: uscan(1) and debian-watch(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from syncbot.errors import SyncbotError
from syncbot.model import addresses
from syncbot.model.packages import Component
from syncbot.model.releases import Upstream

_VERSION = re.compile(r"^\s*version\s*[=:]\s*(\d+)\s*$", re.IGNORECASE)
_ANY_VERSION = r"[-_]?[Vv]?(\d[\-+\.:\~\da-zA-Z]*)"
_ARCHIVE = r"\.(?:tar\.xz|tar\.bz2|tar\.gz|tar\.zst|tar\.lz|zip|tgz|tbz|txz)"
_SEMANTIC = r"[-_]?[Vv]?((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
_NUMBER = re.compile(r"\\d|0-9|\\\.\d")
_TAGS = re.compile(r"^https?://(?P<host>[^/]+)/(?P<path>[^?#]+?)/(?:-/)?(?:tags|releases|archive)/?(?:[^/]*)?$")
_API = re.compile(r"^https?://api\.(?P<host>[^/]+)/repos/(?P<path>[^/]+/[^/]+)/(?:releases|tags|git)")
_FORGES = ("github.com", "codeberg.org")
_BY_LINE = re.compile(r"(?:v\??)?\((?!\?)[^()]*(?:\\d|0-9)[^()]*\)")
_COMPONENT = re.compile(r"(?:^|[,\s=\"'])component\s*=\s*([A-Za-z0-9][A-Za-z0-9-]*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_LINE = "@LINE@"
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Watch:
    """`upstream` where the page is a forge's or a registry's; else `page` is one with links to archives. `pattern`: a
    regular expression with one group, the version; empty: whatever looks like a version."""

    upstream: Upstream | None
    page: str
    pattern: str


def read_watch(text: str, source: str) -> tuple[Watch | None, list[str]]:
    """What the file says, None where nothing can be made of it; and why not, a sentence each."""
    lines = [line for line in _joined(text) if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return None, []
    head = _VERSION.match(lines[0])
    try:
        if head is not None and int(head[1]) >= 5:
            return _fifth(text, source)
        return _fourth(lines[1:] if head else lines, source)
    except _Unusable as error:
        return None, [f"debian/watch: {error}"]


def read_components(text: str, source: str) -> tuple[Component, ...]:
    """The components that the file names, each once."""
    lines = [line for line in _joined(text) if line.strip() and not line.lstrip().startswith("#")]
    head = _VERSION.match(lines[0]) if lines else None
    fifth = head is not None and int(head[1]) >= 5
    found = _fifth_components(text, source) if fifth else _fourth_components(lines, source)
    return tuple({one.name: one for one in found}.values())


def _fourth_components(lines: list[str], source: str) -> Iterator[Component]:
    for line in map(str.strip, lines):
        if not line.startswith(("opts=", "options=")):
            continue
        try:
            options, rest = _options(line)
        except _Unusable:
            continue
        name = _COMPONENT.search(options)
        words = rest.split()
        if name is None or not words:
            continue
        if _GROUP.search(words[0].rpartition("/")[2]):  # the pattern stands in the address
            words.insert(1, "")
        pattern, rule = (*words[1:3], "", "")[:2]
        git = "mode=git" in options.replace(" ", "")
        yield _component(name[1], words[0], pattern, rule, source, git=git)


def _fifth_components(text: str, source: str) -> Iterator[Component]:
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = _fields(paragraph)
        name = fields.get("component", "")
        if not _NAME.fullmatch(name):
            continue
        rule = fields.get("version-constraint", "") or fields.get("version-schema", "")
        if fields.get("template"):
            try:
                watch = _template(fields["template"].lower(), fields)
            except _Unusable as error:
                yield Component(name, None, why=str(error))
            else:
                yield _ruled(name, watch, rule)
        elif fields.get("source"):
            git = fields.get("mode", "").lower() == "git"
            yield _component(name, fields["source"], fields.get("matching-pattern", ""), rule, source, git=git)


def _component(name: str, url: str, pattern: str, rule: str, source: str, *, git: bool) -> Component:
    try:
        url, pattern = url.replace("@COMPONENT@", name), pattern.replace("@COMPONENT@", name)
        watch = Watch(_git(url), "", "") if git else _page(url, pattern, source)
        return _ruled(name, watch, rule)
    except _Unusable as error:
        return Component(name, None, why=str(error))


def _ruled(name: str, watch: Watch, rule: str) -> Component:
    """Only one of the package's own version can be told of a release."""
    if rule.lower() not in ("", "same", "debian"):
        return Component(name, None, why=f"its version is another than the package's ({rule})")
    upstream = watch.upstream or _checked(Upstream("tarball", watch.page))
    return Component(name, upstream, watch.pattern)


class _Unusable(Exception):
    """Why nothing can be made of it."""


def _joined(text: str) -> list[str]:
    return re.sub(r"[ \t]*\\\r?\n[ \t]*", " ", text).splitlines()


def _fourth(lines: list[str], source: str) -> tuple[Watch | None, list[str]]:
    if not lines:
        return None, []
    line = next((line.strip() for line in lines if not _of_component(line)), "")
    options = ""
    if line.startswith(("opts=", "options=")):
        options, line = _options(line)
        if "mode=git" in options.replace(" ", ""):
            url = line.split()[0] if line.split() else ""
            return Watch(_git(url), "", ""), []
    words = line.split()
    if not words:
        raise _Unusable("its first line names no address")
    return _page(words[0], words[1] if len(words) > 1 else "", source), []


def _of_component(line: str) -> bool:
    return line.lstrip().startswith(("opts=", "options=")) and _COMPONENT.search(line.partition("http")[0]) is not None


def _options(line: str) -> tuple[str, str]:
    """(`opts=...`, the rest); the options may stand in quotes."""
    body = line.partition("=")[2].lstrip()
    if body[:1] in ("'", '"'):
        end = body.find(body[0], 1)
        if end < 0:
            raise _Unusable("the quote of its options does not end")
        return body[1:end], body[end + 1 :].strip()
    # without quotes the options end at the first space that follows no comma
    found = re.match(r"(?:[^\s,]+(?:,\s*)?)+", body)
    end = found.end() if found else 0
    return body[:end], body[end:].strip()


def _fifth(text: str, source: str) -> tuple[Watch | None, list[str]]:
    paragraphs = re.split(r"\n[ \t]*\n", text)
    head = _fields(paragraphs[0])
    for paragraph in paragraphs:
        fields = {**head, **_fields(paragraph)}
        if "component" in _fields(paragraph) or not fields.keys() & {"source", "template"}:
            continue
        template = fields.get("template", "").lower()
        if template:
            return _template(template, fields), []
        if fields.get("mode", "").lower() == "git":
            return Watch(_git(fields["source"]), "", ""), []
        return _page(fields["source"], fields.get("matching-pattern", ""), source), []
    return None, []


def _template(template: str, fields: dict[str, str]) -> Watch:
    dist = fields.get("dist", "")
    if template == "github" and fields.get("owner") and fields.get("project"):
        return Watch(_git(f"https://github.com/{fields['owner']}/{fields['project']}.git"), "", "")
    if template in ("github", "gitlab") and urlsplit(dist).scheme in ("http", "https"):
        return Watch(_git(f"{dist.rstrip('/').removesuffix('.git')}.git"), "", "")
    schemes = {"pypi": "pypi", "npmregistry": "npm"}
    if template in schemes and dist:
        return Watch(_checked(Upstream(schemes[template], dist)), "", "")
    raise _Unusable(f"the template {template} is not known here")


def _page(url: str, pattern: str, source: str) -> Watch:
    """An address and a pattern. The pattern may be the address's last part, or stand inside it."""
    url, pattern = _expanded(url, source), _expanded(pattern, source)
    if len(url) + len(pattern) > _LONGEST:
        raise _Unusable("its pattern is too long")
    forge = _API.match(url) or (None if "(" in url.partition("/releases/")[0] else _TAGS.match(url))
    if forge is not None and (forge["host"] in _FORGES or forge["host"].startswith("gitlab.")):
        path = forge["path"].removesuffix("/-")
        return Watch(_git(f"https://{forge['host']}/{path}.git"), "", _tag_pattern(pattern))
    name = re.match(r"^https?://pypi\.[^/]+/(?:project/)?([A-Za-z0-9._-]+)/", url)
    if name is not None:
        return Watch(_checked(Upstream("pypi", name[1])), "", "")
    if not pattern or _GROUP.search(url.rpartition("/")[2]):  # then a word after it is no pattern, but a version
        url, slash, pattern = url.rpartition("/")
        url += slash
    host = urlsplit(url).hostname or ""
    if host in ("sf.net", "sourceforge.net") or host.endswith(".sourceforge.net"):
        raise _Unusable(f"the pages of {host} are no list of files")
    if urlsplit(url).scheme not in ("http", "https"):
        raise _Unusable("its address is not http or https")
    url = "/".join(_LINE if _BY_LINE.fullmatch(part) else part for part in url.split("/"))
    if _GROUP.search(url) or re.search(r"[*+?\[\]{}|^$]", urlsplit(url).path):
        raise _Unusable("its address has a pattern in a folder's name")
    return Watch(None, url, _one_group(_last(pattern)))


def _last(pattern: str) -> str:
    """The part of a pattern that is about the file's name."""
    return re.sub(r"^(?:\(\?:\.\*\??/\)\??|\.\*/)+", "", pattern) if "(?:.*" in pattern else pattern.rpartition("/")[2]


def _expanded(text: str, source: str) -> str:
    for word, instead in (
        ("@PACKAGE@", re.escape(source).replace("\\-", "-")),
        ("@ANY_VERSION@", _ANY_VERSION),
        ("@STABLE_VERSION@", r"[-_]?[Vv]?(\d+(?:\.\d+)*)"),
        ("@SEMANTIC_VERSION@", _SEMANTIC),
        ("@ARCHIVE_EXT@", _ARCHIVE),
        ("@SIGNATURE_EXT@", rf"{_ARCHIVE}\.(?:asc|pgp|gpg|sig|sign)"),
    ):
        text = text.replace(word, instead)
    return text


def _one_group(pattern: str) -> str:
    """The pattern with one group, around the version, anchored at both ends."""
    groups = [found.start() for found in _GROUP.finditer(pattern)]
    if not groups:
        raise _Unusable("its pattern has no group for the version")
    bodies = [pattern[at : [*groups, len(pattern)][n + 1]] for n, at in enumerate(groups)]
    version = next((at for at, body in zip(groups, bodies, strict=True) if _NUMBER.search(body)), groups[0])
    made = "".join("(?:" if at in groups and at != version else c for at, c in enumerate(pattern))
    made = rf"^{made}$"
    try:
        compiled = re.compile(made)
    except (re.error, RecursionError, OverflowError):
        raise _Unusable("its pattern is none that can be read here") from None
    if compiled.groups != 1:
        raise _Unusable("its pattern has named groups")
    return made


def _tag_pattern(pattern: str) -> str:
    """What the pattern demands of a tag, where it demands more than a version; empty where it does not."""
    last = pattern.rpartition("/")[2]
    last = re.split(r"\\?\.(?:tar|tgz|zip|\(\?:tar|\(\?:\\?\.?tar)|@ARCHIVE", last, maxsplit=1)[0]
    last = last.replace(_ARCHIVE, "")
    fixed = re.search(r"\(\d+\\\.|\(\d\.", last)  # a line of releases: v?(1\.6\.\d\S*)
    if fixed is None:
        return ""
    try:
        return _one_group(last.lstrip("^").removeprefix(".*"))
    except _Unusable:
        return ""


def _git(location: str) -> Upstream:
    return _checked(Upstream("git", location))


def _checked(upstream: Upstream) -> Upstream:
    try:
        return addresses.check(upstream)
    except SyncbotError as error:
        raise _Unusable(f"its address cannot be used ({error})") from error


def _fields(paragraph: str) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and last:
            found[last] = f"{found[last]} {line.strip()}".strip()
        elif ":" in line:
            last, _, value = line.partition(":")
            last = last.strip().lower()
            found[last] = value.strip()
    return found

"""Where an upstream lives, as people write it: `pypi:NAME`, `npm:NAME`, `git:URL-or-path`,
`tarball:URL-or-path`, `anitya:NUMBER/URL`.

An address is hostile until it has been through `parse` or `check`. Whatever goes into a message, a log or the database
goes through `shown` (one address) or `scrubbed` (text that may hold addresses) first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from syncbot.errors import HostileInput, InputError
from syncbot.model.releases import Upstream

SCHEMES = frozenset({"anitya", "git", "npm", "pypi", "tarball"})
TRANSPORTS = frozenset({"file", "git", "http", "https", "ssh"})
"""What git may use to fetch. A plain path counts as file."""

_OTHERS = frozenset(
    {"bzr", "cargo", "cpan", "crates", "cvs", "darcs", "deb", "docker", "fossil", "gem", "go", "golang", "hackage"}
    | {"hg", "maven", "nuget", "p4", "rpm", "rubygems", "svn"}
)
_OTHER_REMEDY = f"use one of {', '.join(sorted(SCHEMES))}; a host of that name is written ssh://HOST/PATH"

_PYPI = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_NPM = re.compile(r"(?:@[A-Za-z0-9~-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*")
_PROJECT = re.compile(r"(?:anitya:)?[0-9]{1,9}/(?=https?://)")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_SCP = re.compile(r"(?:([A-Za-z0-9._~+-]+)@)?(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(?!//)(.+)")
_SCP_PASSWORD = re.compile(r"[^:/@]+:[^/@]+@[^/:@]+:")
_RAW_PASSWORD = re.compile(r"[^@:\[]+:(?!\d*$)[^@]*$")
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@]*@)?[^\s'\"<>`|]+")
_PASSWORD_AT_HOST = re.compile(r"(?<![\w./])([^\s:/@'\"]+):([^\s/@'\"]+)@(?=[\w.-])")
_AUTHORIZATION = re.compile(r"(?i)\b(authorization|proxy-authorization|private-token)(\s*[:=]\s*)([^\r\n'\"]+)")
_SECRET_SETTING = re.compile(r"(?i)\b([\w-]*(?:token|password|passwd|secret|api[_-]?key))(\s*[:=]\s*)([^\s&;,'\"]+)")
_LONGEST_NAME = 214
_LONGEST_ADDRESS = 2048


def parse(text: str) -> Upstream:
    """`pypi:requests`, `npm:@scope/name`, `git:https://host/x.git`; a bare URL or scp form is git. Raises InputError
    where it is no address, HostileInput where it tries something."""
    text = text.strip()
    _refuse_control(text)
    scheme, colon, location = text.partition(":")
    if colon and scheme in SCHEMES and not (scheme == "git" and location.startswith("//")):
        return check(Upstream(scheme, location))
    other = other_scheme(text)
    if other:
        raise InputError(f"unknown upstream scheme {other!r} in {shown(text)!r}", _OTHER_REMEDY)
    if _URL.match(text) or _HELPER.match(text) or text.startswith("-") or _scp(text):
        return check(Upstream("git", text))
    raise InputError(f"no upstream address: {shown(text)!r}", "write pypi:NAME, npm:NAME, git:URL or tarball:URL")


def other_scheme(text: str) -> str:
    """The word before a colon that names another kind of repository or registry, which git would take for a host that
    it reaches by ssh; else empty."""
    word, colon, _rest = text.partition(":")
    return word if colon and word.lower() in _OTHERS and not _URL.match(text) else ""


def check(upstream: Upstream) -> Upstream:
    """The same upstream, where its location is legal for its scheme. Raises InputError, HostileInput."""
    _refuse_control(upstream.location)
    if upstream.scheme == "git":
        check_git(upstream.location)
    elif upstream.scheme == "pypi":
        _check_name(upstream.location, _PYPI, "PyPI project")
    elif upstream.scheme == "npm":
        _check_name(upstream.location, _NPM, "npm package")
    elif upstream.scheme == "tarball":
        _check_tarball(upstream.location)
    elif upstream.scheme == "anitya":
        _check_tarball(watched(upstream.location)[1])
    else:
        raise InputError(f"unknown upstream scheme {upstream.scheme!r}", f"use one of {', '.join(sorted(SCHEMES))}")
    return upstream


def watched(location: str) -> tuple[str, str]:
    """(number, template) of a project of release-monitoring.org and of the archives of its versions. Raises InputError
    where it is not both."""
    number, _, template = location.partition("/")
    legal = re.fullmatch(r"[0-9]{1,9}", number) and re.match(r"https?://[^/]+/.*@VERSION@", template)
    if not legal or "@VERSION@" not in template.rpartition("/")[2]:
        what = f"{shown(location)!r} is no project of release-monitoring.org with the address of its archives"
        raise InputError(what, "write anitya:NUMBER/https://HOST/PATH/NAME-@VERSION@.tar.gz")
    return number, template


def _check_tarball(location: str) -> None:
    """A URL of http or https, or a path."""
    url = _URL.match(location)
    if not location:
        raise InputError("the address of the tarballs is empty", "write tarball:URL or tarball:PATH")
    if _has_password(location):
        raise InputError(f"the address {shown(location)!r} holds a password", "use a ~/.netrc")
    if url is None:
        return
    if url[1].lower() not in ("http", "https"):
        raise HostileInput(f"the tarballs' address uses the transport {url[1]!r}", "use http, https or a path")
    _check_url(location, url[1].lower())


def check_git(location: str) -> str:
    """The location itself: a URL of a transport that is allowed, the scp form, or a path. Raises HostileInput."""
    _refuse_control(location)
    if not location:
        raise InputError("the git address is empty", "write git:URL or git:PATH")
    if location.startswith("-"):
        raise HostileInput(f"git address {shown(location)!r} looks like an option", "give a URL or a path")
    if _HELPER.match(location):
        name = location.partition("::")[0]
        raise HostileInput(f"git address names the remote helper {name!r}", f"use one of {_transports()} or a path")
    url = _URL.match(location)
    if _has_password(location):
        raise InputError(f"git address {shown(location)!r} holds a password", "use git's credential helper or ~/.netrc")
    if url is not None:
        _check_url(location, url[1])
    elif (scp := _scp(location)) is not None and (scp[0].startswith("-") or scp[1].startswith("-")):
        raise HostileInput(f"git address {shown(location)!r} looks like an option to ssh", "give a URL or a path")
    return location


def is_path(location: str) -> bool:
    """Whether a git location that was checked is a path of this machine, neither a URL nor the scp form."""
    return not _URL.match(location) and _scp(location) is None


def shown(address: str | Upstream) -> str:
    """The address for people: without user information, query and fragment. Of an ssh address the login name stays
    (it is no secret); a password never does."""
    text = str(address)
    prefix = next((p for p in ("git:", "tarball:") if text.startswith(p) and not text.startswith("git://")), "")
    project = _PROJECT.match(text)
    prefix = project[0] if project else prefix
    text = text.removeprefix(prefix)
    found = _URL.match(text)
    if found is None:
        return prefix + _clean(_PASSWORD_AT_HOST.sub(r"\1@", text))
    rest = text[found.end() :]
    end = min((i for i in map(rest.find, "/?#") if i >= 0), default=len(rest))
    if _RAW_PASSWORD.match(rest[:end]) and "@" in rest[end:]:
        end = rest.rfind("@") + 1  # a password with a raw "/" makes the URL invalid, but must not make it visible
    authority, path = rest[:end], rest[end:]
    user, at, host = authority.rpartition("@")
    login = user.partition(":")[0] + "@" if at and found[1].lower() in ("ssh", "git+ssh", "ssh+git") else ""
    return prefix + _clean(found[0] + login + host + re.split(r"[?#]", path, maxsplit=1)[0])


def host(upstream: Upstream) -> str:
    """Whom one asks for it: the host of its address, the scheme where the user's own configuration names a registry;
    empty: a place on this machine."""
    location = upstream.location
    if upstream.scheme == "anitya":
        return "release-monitoring.org"
    if upstream.scheme not in ("git", "tarball"):
        return upstream.scheme
    if "://" in location:
        return (urlsplit(location).hostname or "").lower()
    return (_scp(location) or ("", ""))[1].lower()


def scrubbed(text: str) -> str:
    """Text (an error of a library, git's output) with every address in it as `shown` gives it, and without what
    follows the usual names of secrets."""
    text = _URL_IN_TEXT.sub(lambda found: shown(found[0]), text)
    text = _PASSWORD_AT_HOST.sub(r"\1@", text)
    text = _AUTHORIZATION.sub(r"\1\2***", text)
    return _SECRET_SETTING.sub(r"\1\2***", text)


def rewrite(address: str, rules: Iterable[tuple[str, str]]) -> str:
    """The address with the longest prefix that a rule names put into other words, as git's insteadOf; else itself."""
    matching = [rule for rule in rules if rule[0] and address.startswith(rule[0])]
    if not matching:
        return address
    prefix, instead = max(matching, key=lambda rule: len(rule[0]))
    return instead + address[len(prefix) :]


def _check_name(name: str, legal: re.Pattern[str], what: str) -> None:
    if len(name) > _LONGEST_NAME or not legal.fullmatch(name) or ".." in name or name.startswith("-"):
        raise HostileInput(f"{shown(name)[:80]!r} is no legal name of a {what}", "check its spelling")


def _check_url(location: str, scheme: str) -> None:
    if scheme not in TRANSPORTS:
        raise HostileInput(f"git address uses the transport {scheme!r}", f"use one of {_transports()} or a path")
    try:
        parts = urlsplit(location)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), "-"
    user = parts.username or ""
    if host.startswith("-") or user.startswith("-") or (not host and scheme != "file"):
        raise HostileInput(f"git address {shown(location)!r} has no host that can be used", "check its spelling")


def _has_password(location: str) -> bool:
    """`https://user:password@host/`, `user:password@host:path`: it would be committed with package.toml."""
    if _URL.match(location) is None:
        return _SCP_PASSWORD.match(location) is not None
    try:
        return bool(urlsplit(location).password)
    except ValueError:
        return False  # no URL at all: refused as such


def _scp(location: str) -> tuple[str, str] | None:
    """(user, host) of `user@host:path`, None where it is none: a slash before the colon makes it a path."""
    found = _SCP.fullmatch(location)
    return (found[1] or "", found[2]) if found else None


def _refuse_control(text: str) -> None:
    if len(text) > _LONGEST_ADDRESS or _CONTROL.search(text):
        raise HostileInput("an address with control characters, or of absurd length, is refused", "write it anew")


def _clean(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _transports() -> str:
    return ", ".join(sorted(TRANSPORTS))

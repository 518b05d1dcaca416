"""Which registry the user's own npm asks, and with which credentials: the environment, then `.npmrc` of the project,
of the user and of the machine, else the default that the packageurl library knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packageurl.contrib.purl2url import get_download_url

from syncbot.errors import InputError
from syncbot.model.addresses import shown
from syncbot.sources.pip_settings import ca_bundle

_VARIABLE = re.compile(r"(\\*)\$\{([^${}]+)\}")


@dataclass(frozen=True, slots=True)
class NpmSettings:
    """What `.npmrc` says, {key: value}. May hold credentials, so its repr shows none."""

    values: Mapping[str, str]
    verify: bool | str

    def __repr__(self) -> str:
        return f"NpmSettings({len(self.values)} values)"

    def registry(self, package: str) -> str:
        """The registry of a package, by its scope first, with a slash at the end."""
        scope = package.partition("/")[0] if package.startswith("@") else ""
        value = self.values.get(f"{scope}:registry", "") if scope else ""
        return (value or self.values.get("registry", "") or public_registry()).rstrip("/") + "/"

    def authorization(self, url: str) -> str | None:
        """The Authorization header for a URL: the credentials whose `//host/path/` prefix is the longest."""
        bare = "//" + shown(url).partition("://")[2]
        best: tuple[int, str] | None = None
        for key, value in self.values.items():
            prefix, _, what = key.rpartition(":")
            kind = {"_authToken": "Bearer", "_auth": "Basic"}.get(what)
            reach = prefix.rstrip("/") + "/"
            if kind and prefix.startswith("//") and bare.startswith(reach) and (best is None or len(reach) > best[0]):
                best = len(reach), f"{kind} {value}"
        return None if best is None else best[1]


def npm_settings(environ: Mapping[str, str], project: Path | None = None) -> NpmSettings:
    """Read what the environment and the `.npmrc` files say; `project` is the folder whose file counts first."""
    home = Path(environ.get("HOME") or Path.home())
    user = environ.get("NPM_CONFIG_USERCONFIG") or environ.get("npm_config_userconfig") or home / ".npmrc"
    machine = environ.get("NPM_CONFIG_GLOBALCONFIG") or environ.get("npm_config_globalconfig") or "/etc/npmrc"
    values: dict[str, str] = {}
    for path in (Path(machine), Path(user), *([project / ".npmrc"] if project is not None else [])):
        values.update(_read(path, environ))
    for name, value in environ.items():
        if name.lower().startswith("npm_config_") and value:
            key = name[len("npm_config_") :].lower().replace("_", "-")
            if key in ("registry", "cafile", "strict-ssl"):
                values[key] = value
    verify: bool | str = values.get("cafile") or environ.get("NODE_EXTRA_CA_CERTS") or ca_bundle(environ) or True
    return NpmSettings(values, False if values.get("strict-ssl") == "false" else verify)


def public_registry() -> str:
    """The registry that npm asks where nobody says otherwise, with a slash at the end."""
    known = get_download_url("pkg:npm/x@1")  # type: ignore[no-untyped-call]  # the library's contrib has no types
    if not known or not known.endswith("x/-/x-1.tgz"):
        raise InputError("no npm registry is configured", "set `registry` in .npmrc")
    return str(known).removesuffix("x/-/x-1.tgz")


def _read(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """{key: value} of one file, ${VARIABLES} put in; nothing where there is none that can be read."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            plain = value.strip().strip("\"'")
            found[key.strip()] = _VARIABLE.sub(lambda m: m[0] if m[1] else environ.get(m[2], m[0]), plain)
    return found

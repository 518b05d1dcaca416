"""Print pip's index settings as shell exports for uv, which does not read pip's configuration.

Nothing is printed where the user has configured uv itself. Standard library only: it runs before there is an
environment. Read as pip reads them: the files of the machine, the user, the Python and PIP_CONFIG_FILE, then the
environment; later wins.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import shlex
import sys
from pathlib import Path

# pip's option: (uv's variable, variables that mean the user already said so, what stands between several values)
EXPORTS = {
    "index-url": ("UV_DEFAULT_INDEX", ("UV_DEFAULT_INDEX", "UV_INDEX_URL"), " "),
    "extra-index-url": ("UV_INDEX", ("UV_INDEX", "UV_EXTRA_INDEX_URL"), " "),
    "find-links": ("UV_FIND_LINKS", ("UV_FIND_LINKS",), ","),
    "trusted-host": ("UV_INSECURE_HOST", ("UV_INSECURE_HOST",), " "),
    "cert": ("SSL_CERT_FILE", ("SSL_CERT_FILE",), " "),
}


GLOBAL_FILES = (Path("/etc/pip.conf"), Path("/etc/uv/uv.toml"))


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _pip_files() -> list[Path]:
    own = os.environ.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return []
    folders = os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")
    shared = [Path(folder) / "pip" / "pip.conf" for folder in reversed(folders)]
    user = [Path.home() / ".pip" / "pip.conf", _config_home() / "pip" / "pip.conf", Path(sys.prefix) / "pip.conf"]
    if sys.platform == "darwin":
        user.insert(0, Path.home() / "Library" / "Application Support" / "pip" / "pip.conf")
    everyone = [path for path in GLOBAL_FILES if path.name == "pip.conf"]
    return [*shared, *everyone, *user, *([Path(own)] if own else [])]


def pip_options() -> dict[str, str]:
    """The options of EXPORTS that are set, by name."""
    found: dict[str, str] = {}
    parser = configparser.RawConfigParser()
    for path in _pip_files():
        if path.is_file():
            with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError):  # pip says where, better than us
                parser.read(path, encoding="utf-8")
    for section in ("global", "install"):
        if parser.has_section(section):
            found.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for name in EXPORTS:
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value is not None:
            found[name] = value
    return {name: found[name] for name in EXPORTS if found.get(name, "").strip()}


def _uv_is_configured() -> bool:
    folders = [_config_home(), *(Path(folder) for folder in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))]
    files = [folder / "uv" / "uv.toml" for folder in folders] + [p for p in GLOBAL_FILES if p.name == "uv.toml"]
    return "UV_CONFIG_FILE" in os.environ or any(path.is_file() for path in files)


def main() -> None:
    if _uv_is_configured():
        return
    for name, value in pip_options().items():
        variable, said, separator = EXPORTS[name]
        if not any(os.environ.get(other) for other in said):
            print(f"export {variable}={shlex.quote(separator.join(value.split()))}")


if __name__ == "__main__":
    main()

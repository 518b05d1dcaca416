"""What a lock file of npm, pnpm or yarn says, so that two of them can be compared: versions, digests, who needs whom.

Lock files are written by machines in one form, so pnpm's and yarn's are read line by line; what is not understood is
left out, and a comparison then finds the same on both sides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
PNPM_LOCK = "pnpm-lock.yaml"
YARN_LOCK = "yarn.lock"

_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
_PNPM_KEY = re.compile(r"^  ['\"]?/?((?:@[^/@]+/)?[^/@'\"(]+)[@/](\d[^:('\"\s]*|[a-z+]+:[^('\"\s]*)[^:]*['\"]?:(.*)$")
_PNPM_PATCH = re.compile(r"^  ['\"]?(?=\S)((?:@[^/@]+/)?[^@'\":]+(?:@[^'\":]+)?)['\"]?:")
_DIGEST = re.compile(r"integrity: ([^,}\s]+)")
_HOST = re.compile(r"(?:\bresolved\"?:?|\btarball:)\s*[\"']?https?://([^/\s\"']+)/")


@dataclass(frozen=True)
class LockText:
    """`format` is the number that the lock calls its own form by. `packages`: {name: {version: digest, empty where none
    is given}}; `needs`: {name: names of what it asks for}; `patched`: the keys of the patches that the lock has;
    `hosts`: where its archives come from."""

    format: str
    packages: dict[str, dict[str, str]] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    patched: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def closure(self, name: str) -> set[str]:
        """The names of all that the package asks for, itself among them."""
        found: set[str] = set()
        left = [name]
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self.needs.get(one, ())
        return found


def read_lock(name: str, content: bytes) -> LockText | None:
    """None where the lock is of no form that is known here, or broken."""
    text = content.decode(errors="replace")
    if name in NPM_LOCKS:
        return _npm(text)
    if name == PNPM_LOCK:
        return _pnpm(text)
    return _yarn(text) if name == YARN_LOCK else None


def _npm(text: str) -> LockText | None:
    try:
        lock = json.loads(text)
    except (ValueError, RecursionError):
        return None
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict):
        return None
    made = LockText(str(lock.get("lockfileVersion", "")), hosts=_hosts(text))
    for path, entry in packages.items():
        if not isinstance(entry, dict) or "node_modules/" not in path:
            continue
        name = path.rpartition("node_modules/")[2]
        needs = {dep for section in _NEEDS for dep in _keys(entry.get(section))}
        for each in {name, str(entry.get("name") or name)}:
            _note(made, each, str(entry.get("version", "")), str(entry.get("integrity", "")), needs)
    return made


def _keys(table: object) -> Iterable[str]:
    return table.keys() if isinstance(table, dict) else ()


def _note(made: LockText, name: str, version: str, digest: str, needs: Iterable[str]) -> None:
    found = made.packages.setdefault(name, {})
    found[version] = found.get(version) or digest
    made.needs.setdefault(name, set()).update(needs)


def _pnpm(text: str) -> LockText | None:
    version = re.search(r"^lockfileVersion: ['\"]?([\d.]+)", text, re.MULTILINE)
    if version is None:
        return None
    patched: set[str] = set()
    made = LockText(version[1], hosts=_hosts(text))
    section = name = part = ""
    for raw in text.splitlines():
        if raw and not raw[0].isspace():
            section, name = raw.partition(":")[0], ""
        elif section == "patchedDependencies" and (found := _PNPM_PATCH.match(raw)):
            patched.add(found[1])
        elif section in ("packages", "snapshots"):
            key = _PNPM_KEY.match(raw)
            if key is not None:
                name, number, part = key[1], key[2], ""
                _note(made, name, number, "", ())
            elif name and raw.startswith("    ") and not raw.startswith("     "):
                part = raw.strip().partition(":")[0]
                digest = _DIGEST.search(raw)
                if digest is not None:
                    made.packages[name][number] = digest[1]
            elif name and part in _NEEDS and raw.startswith("      "):
                made.needs[name].add(raw.strip().partition(": ")[0].rstrip(":").strip("'\""))
    return LockText(made.format, made.packages, made.needs, frozenset(patched), made.hosts)


def _yarn(text: str) -> LockText | None:
    classic = "# yarn lockfile v1" in text
    version = "1" if classic else _first(re.search(r"^__metadata:\n  version: (\d+)", text, re.MULTILINE))
    if version is None:
        return None
    patched: set[str] = set()
    made = LockText(version, hosts=_hosts(text))
    for head, fields, needs in _entries(text):
        names = {_name(one) for one in head}
        number = fields.get("version", "")
        digest = fields.get("integrity") or fields.get("checksum") or ""
        if any("@patch:" in one for one in head) and "#optional!builtin" not in head[0]:
            patched.update(names)
            digest = ""  # of the patched package: it differs with the patch
        for name in names:
            if name != "__metadata":
                _note(made, name, number, digest, needs)
    return LockText(made.format, made.packages, made.needs, frozenset(patched), made.hosts)


def _entries(text: str) -> Iterator[tuple[list[str], dict[str, str], set[str]]]:
    """(what an entry is asked for by, its fields, the names of what it needs)."""
    head: list[str] = []
    fields: dict[str, str] = {}
    needs: set[str] = set()
    part = ""
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        depth = len(raw) - len(raw.lstrip())
        if depth == 0:
            if head:
                yield head, fields, needs
            head = [one.strip().strip('"') for one in line.rstrip(":").strip('"').split(",")]
            fields, needs, part = {}, set(), ""
        elif depth == 2:
            key, _, value = line.partition(" ")
            part = key.rstrip(":")
            fields[part] = value.strip().strip('"')
        elif part in _NEEDS:
            needs.add(re.split(r"[: ]", line.lstrip('"'), maxsplit=1)[0].rstrip('"') if line[0] != '"' else _name(line))
    if head:
        yield head, fields, needs


def _name(asked: str) -> str:
    """left of `left@npm:^1.0.0`, or of `"left": "npm:^1.0.0"`."""
    plain = asked.strip('"')
    found = re.match(r"@?[^@\"]+", plain)
    return found[0] if found else plain


def _first(found: re.Match[str] | None) -> str | None:
    return None if found is None else found[1]


def _hosts(text: str) -> frozenset[str]:
    return frozenset(_HOST.findall(text))

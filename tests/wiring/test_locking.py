"""Lock files made anew by the real npm, pnpm and yarn, against a registry on loopback."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from syncbot.model.packages import LockFile
from syncbot.model.trees import FILE, MemoryTree
from syncbot.ports.locker import Renewed, Wish
from syncbot.wiring.locking import Managers
from tests.npm_world import Registry, registry, tools

LEFT_PATCH = """\
diff --git a/index.js b/index.js
--- a/index.js
+++ b/index.js
@@ -1 +1 @@
-// 1.1.0
+// ours
"""


@pytest.fixture
def served() -> Iterator[Registry]:
    """left 1.0.0 to 1.2.0, which needs pad; and other, which nothing of left's needs."""
    with registry() as made:
        for version in ("1.0.0", "1.1.0", "1.2.0"):
            made.publish("left", version, dependencies={"pad": f"^{version}"})
            made.publish("pad", version)
        made.publish("other", "1.0.0")
        yield made


@pytest.fixture
def bench(tmp_path: Path, served: Registry) -> Bench:
    return Bench(tmp_path, served)


class Bench:
    """A user whose npm asks our registry, with a credential that must not leave."""

    def __init__(self, folder: Path, served: Registry) -> None:
        self.folder = folder
        self.served = served
        self.home = folder / "me"
        self.home.mkdir()
        bare = served.url.removeprefix("http:")
        (self.home / ".npmrc").write_text(f"registry={served.url}\n{bare}/:_authToken=secret\n")

    def managers(self, *names: str, seconds: float = 120, path: Path | None = None) -> Managers:
        place = path or tools(self.folder / f"bin-{'-'.join(names)}", *names)
        environ = {"PATH": str(place), "HOME": str(self.home), "SYNCBOT_GITHUB_TOKEN": "secret"}
        return Managers(self.folder / "locks", seconds, environ)

    def npm_lock(self, **versions: str) -> str:
        """A lock of the app with these versions installed."""
        packages: dict[str, object] = {"": {"name": "app", "dependencies": {"left": "^1.0.0", "other": "1.0.0"}}}
        for name, version in versions.items():
            found = self.served.documents[name]["versions"][version]
            packages[f"node_modules/{name}"] = {
                "version": version,
                "resolved": found["dist"]["tarball"],
                "integrity": found["dist"]["integrity"],
                **({"dependencies": found["dependencies"]} if "dependencies" in found else {}),
            }
        return json.dumps({"name": "app", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2)


def manifest(left: str = "1.1.0", **more: object) -> str:
    return json.dumps({"name": "app", "dependencies": {"left": left, "other": "1.0.0"}, **more})


def wish(files: Mapping[str, str], lock: str, version: str | None = "1.1.0") -> Wish:
    tree = MemoryTree({path: (FILE, text.encode()) for path, text in files.items()})
    return Wish(tree, frozenset(files), "package.json", LockFile(lock, f"{lock} renewed"), "left", version)


def npm_wish(bench: Bench, package: str | None = None, version: str = "1.1.0") -> Wish:
    lock = bench.npm_lock(left="1.0.0", pad="1.0.0", other="1.0.0")
    return wish({"package.json": package or manifest(), "package-lock.json": lock}, "package-lock.json", version)


def versions(done: Renewed) -> dict[str, str]:
    assert done.content is not None, done.said
    packages = json.loads(done.content)["packages"]
    return {name.removeprefix("node_modules/"): found["version"] for name, found in packages.items() if name}


def test_npm_moves_the_dependency_to_the_very_version_and_leaves_the_rest(bench: Bench) -> None:
    managers, asked = bench.managers("npm"), npm_wish(bench, manifest("^1.1.0"))
    bench.served.publish("other", "1.0.1")
    done = managers.renew(asked)
    assert versions(done) == {"left": "1.1.0", "pad": "1.2.0", "other": "1.0.0"}
    assert done.content is not None
    root = json.loads(done.content)["packages"][""]
    assert root["dependencies"] == {"left": "^1.1.0", "other": "1.0.0"}
    assert done.warnings == ()
    assert done.said.startswith("npm ")
    assert done.said.endswith("--package-lock-only --ignore-scripts --no-audit --no-fund --lockfile-version=3")


def test_what_was_made_is_remembered_though_the_registry_has_more_by_then(bench: Bench) -> None:
    managers, asked = bench.managers("npm"), npm_wish(bench)
    assert managers.known(asked) is None
    done = managers.renew(asked)
    bench.served.publish("pad", "1.3.0")
    before = len(bench.served.asked)
    again = bench.managers("npm", path=bench.folder / "bin-npm")
    assert again.known(asked) == done
    assert len(bench.served.asked) == before
    assert again.known(npm_wish(bench, manifest("^1.0.5"))) is None
    assert len(list((bench.folder / "locks").glob("*.json"))) == 1


def test_no_credential_is_in_reach(bench: Bench) -> None:
    assert bench.managers("npm").renew(npm_wish(bench)).content is not None
    assert {header for _, header in bench.served.asked} == {""}
    kept = [path.read_bytes() for path in (bench.folder / "locks").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"secret" in content for content in kept)


def test_no_script_of_anybodys_runs(bench: Bench) -> None:
    mark = bench.folder / "ran"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare", "preprepare"), f"touch {mark}")
    bench.served.publish("left", "1.3.0", scripts=scripts, hasInstallScript=True)
    done = bench.managers("npm").renew(npm_wish(bench, manifest("1.3.0", scripts=scripts), "1.3.0"))
    assert versions(done)["left"] == "1.3.0"
    assert not mark.exists()


@pytest.mark.parametrize(
    ("manager", "said"),
    [("npm", "no program may be started while a lock file is made"), ("pnpm", "Command failed: git ls-remote ")],
)
def test_no_program_is_started_for_a_dependency_from_git(bench: Bench, manager: str, said: str) -> None:
    mark = bench.folder / "ran"
    path = tools(bench.folder / "bin", manager)
    (path / "git").write_text(f"#!/bin/sh\ntouch {mark}\n")
    (path / "git").chmod(0o755)
    package = json.loads(manifest())
    package["dependencies"]["own"] = "git+https://127.0.0.1:1/own.git"
    asked = npm_wish(bench, json.dumps(package))
    if manager == "pnpm":
        files = {"package.json": json.dumps(package), "pnpm-lock.yaml": pnpm_lock(bench)}
        asked = wish(files, "pnpm-lock.yaml")
    done = bench.managers(path=path).renew(asked)
    assert done.content is None
    assert said in done.said
    assert not mark.exists()


def test_where_the_registry_is_out_of_reach_it_says_so_and_tries_again_a_day_later(bench: Bench) -> None:
    (bench.home / ".npmrc").write_text("registry=http://127.0.0.1:1/\n")
    managers, asked = bench.managers("npm"), npm_wish(bench)
    done = managers.renew(asked)
    assert done.content is None
    assert "failed with exit status 1: npm error" in done.said
    assert str(bench.folder) not in done.said
    assert managers.known(asked) == done
    [kept] = (bench.folder / "locks").glob("*.json")
    os.utime(kept, (time.time() - 90_000, time.time() - 90_000))
    assert managers.known(asked) is None


def test_it_ends_at_the_limit(bench: Bench) -> None:
    done = bench.managers("npm", seconds=0.05).renew(npm_wish(bench))
    assert done.content is None
    assert done.said.endswith(" was killed: it took longer than 0 seconds")
    assert len(list((bench.folder / "locks").glob("*.json"))) == 1


def test_a_lock_that_is_not_what_was_wanted_is_not_taken(bench: Bench) -> None:
    """The registry tells of another archive of pad 1.0.0 than the lock has."""
    lock = json.loads(bench.npm_lock(left="1.0.0", other="1.0.0"))
    lock["packages"]["node_modules/other/node_modules/pad"] = {"version": "1.1.0", "integrity": "sha512-AAAA"}
    lock["packages"]["node_modules/other"]["dependencies"] = {"pad": "1.1.0"}
    bench.served.publish("left", "2.0.0", dependencies={"pad": "1.1.0"})
    changed = {"package.json": manifest("2.0.0"), "package-lock.json": json.dumps(lock)}
    done = bench.managers("npm").renew(wish(changed, "package-lock.json", "2.0.0"))
    assert done.content is None
    assert done.said.endswith(": the registry gives another content for pad 1.1.0 than the lock has")


def test_a_patch_that_npm_does_not_know_of_needs_no_new_lock(bench: Bench) -> None:
    asked = replace(npm_wish(bench), edited=frozenset({"patches/left+1.0.0.patch"}))
    managers = bench.managers("npm")
    assert (managers.known(asked), managers.renew(asked)) == (Renewed(None, ""), Renewed(None, ""))
    assert bench.served.asked == []


MISSING = {
    "nothing": ((), None, "npm is not on PATH"),
    "another version": (("npm",), "npm@6.14.0", "the project asks for npm 6, and "),
    "another manager": (("npm",), "pnpm@9.0.0", "the project names pnpm@9.0.0 as its package manager"),
}


@pytest.mark.parametrize(("there", "named", "why"), MISSING.values(), ids=MISSING)
def test_the_project_gets_its_own_manager_or_none(
    bench: Bench, there: tuple[str, ...], named: str | None, why: str
) -> None:
    done = bench.managers(*there).renew(npm_wish(bench, manifest(packageManager=named) if named else None))
    assert done.content is None
    assert done.said.startswith(why)
    assert bench.served.asked == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#!/bin/sh\nexit 0\n", "npm on PATH is no program that node runs"),
        ("#!/usr/bin/env node\n", "npm on PATH does not say its version"),
    ],
)
def test_what_only_bears_the_name_is_not_run(bench: Bench, text: str, why: str) -> None:
    path = tools(bench.folder / "bin")
    (path / "npm").write_text(text)
    (path / "npm").chmod(0o755)
    assert bench.managers(path=path).renew(npm_wish(bench)).said == why


def test_corepack_is_not_run(bench: Bench) -> None:
    path = tools(bench.folder / "bin")
    shim = bench.folder / "corepack" / "dist" / "npm.js"
    shim.parent.mkdir(parents=True)
    shim.write_text("#!/usr/bin/env node\n")
    shim.chmod(0o755)
    (path / "npm").symlink_to(shim)
    done = bench.managers(path=path).renew(npm_wish(bench))
    assert done.said == "npm on PATH is corepack's, which downloads what the repository names"


def pnpm_lock(bench: Bench) -> str:
    left, pad = bench.served.integrity("left", "1.0.0"), bench.served.integrity("pad", "1.0.0")
    return f"""\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

patchedDependencies:
  left@1.0.0:
    hash: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    path: patches/left.patch

importers:

  .:
    dependencies:
      left:
        specifier: ^1.0.0
        version: 1.0.0(patch_hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef)

packages:

  left@1.0.0:
    resolution: {{integrity: {left}}}

  pad@1.0.0:
    resolution: {{integrity: {pad}}}

snapshots:

  left@1.0.0(patch_hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef):
    dependencies:
      pad: 1.0.0

  pad@1.0.0: {{}}
"""


def test_pnpm_keeps_its_patch(bench: Bench) -> None:
    table = {"patchedDependencies": {"left@1.1.0": "patches/left.patch"}}
    package = json.dumps({"name": "app", "dependencies": {"left": "^1.1.0"}, "pnpm": table})
    files = {"package.json": package, "pnpm-lock.yaml": pnpm_lock(bench), "patches/left.patch": LEFT_PATCH}
    done = bench.managers("pnpm").renew(wish(files, "pnpm-lock.yaml"))
    assert done.content is not None, done.said
    text = done.content.decode()
    assert "\npatchedDependencies:\n  left@1.1.0:\n    hash: " in text
    assert "        specifier: ^1.1.0\n        version: 1.1.0(patch_hash=" in text
    assert "  pad@1.0.0:\n" not in text
    assert {header for _, header in bench.served.asked} == {""}


def test_a_patch_that_pnpm_would_not_use_leaves_the_lock_as_it_is(bench: Bench) -> None:
    table = {"patchedDependencies": {"left@7.0.0": "patches/left.patch"}}
    package = json.dumps({"name": "app", "dependencies": {"left": "1.1.0"}, "pnpm": table})
    files = {"package.json": package, "pnpm-lock.yaml": pnpm_lock(bench), "patches/left.patch": LEFT_PATCH}
    done = bench.managers("pnpm").renew(wish(files, "pnpm-lock.yaml"))
    assert done.content is None
    assert "ERR_PNPM_UNUSED_PATCH" in done.said


YARN_LOCK = """\
# This file is generated by running "yarn install" inside your project.
# Manual changes might be lost - proceed with caution!

__metadata:
  version: 10
  cacheKey: 10c0

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    left: "patch:left@npm%3A1.0.0#~/.yarn/patches/left.patch"
  languageName: unknown
  linkType: soft
"""


def yarn_files(patch: str) -> dict[str, str]:
    package = {"name": "app", "dependencies": {"left": "patch:left@npm%3A1.1.0#~/.yarn/patches/left.patch"}}
    rc = "yarnPath: .yarn/releases/yarn-4.0.0.cjs\nnodeLinker: node-modules\n"
    files = {"package.json": json.dumps(package), "yarn.lock": YARN_LOCK, ".yarnrc.yml": rc}
    return files | {".yarn/patches/left.patch": patch, ".yarn/releases/yarn-4.0.0.cjs": "process.exit(1)\n"}


def test_yarn_keeps_its_patch_and_does_not_run_the_repositorys_own_yarn(bench: Bench) -> None:
    done = bench.managers("yarn").renew(wish(yarn_files(LEFT_PATCH), "yarn.lock"))
    assert done.content is not None, done.said
    text = done.content.decode()
    assert '\n"left@patch:left@npm%3A1.1.0#~/.yarn/patches/left.patch":\n  version: 1.1.0\n' in text
    assert '\n"pad@npm:^1.1.0":\n  version: 1.2.0\n' in text
    assert "npm%3A1.0.0" not in text


def test_a_patch_that_yarn_cannot_apply_leaves_the_lock_as_it_is(bench: Bench) -> None:
    done = bench.managers("yarn").renew(wish(yarn_files(LEFT_PATCH.replace("1.1.0", "7.0.0")), "yarn.lock"))
    assert done.content is None
    assert done.said.startswith("yarn 4.")
    assert "failed with exit status 1: ➤ YN" in done.said

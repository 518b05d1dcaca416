"""Lock files: read for comparing, checked before they are taken over; what a package manager is given to make one."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from syncbot.layouts.npm.lockcheck import Wanted, refusal, warnings
from syncbot.layouts.npm.lockread import LockText, read_lock
from syncbot.layouts.npm.renewal import Renewal, renewal
from syncbot.model.packages import LockFile
from syncbot.model.trees import FILE, SYMLINK, MemoryTree

NPM = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"left": "^1.0.0", "near": "npm:far@^2.0.0"}},
            "apps/web": {"name": "web"},
            "node_modules/left": {
                "version": "1.0.0",
                "resolved": "https://one.example/left/-/left-1.0.0.tgz",
                "integrity": "sha512-AAAA",
                "dependencies": {"@s/pad": "^1.0.0"},
                "peerDependencies": {"host": "*"},
            },
            "node_modules/left/node_modules/@s/pad": {"version": "1.1.0", "integrity": "sha512-BBBB"},
            "node_modules/@s/pad": {"version": "1.0.0", "integrity": "sha512-CCCC"},
            "node_modules/near": {"name": "far", "version": "2.0.0"},
        },
    }
)
PNPM = """\
lockfileVersion: '9.0'

patchedDependencies:
  '@s/pad':
    hash: abcd
    path: patches/@s__pad.patch
  left@1.0.0:
    hash: abcd
    path: patches/left.patch

importers:

  .:
    dependencies:
      left:
        specifier: ^1.0.0
        version: 1.0.0(patch_hash=abcd)(host@3.0.0)

packages:

  '@s/pad@1.1.0':
    resolution: {integrity: sha512-BBBB}

  left@1.0.0:
    resolution: {integrity: sha512-AAAA, tarball: https://one.example/left.tgz}
    engines: {node: '>=4'}
    peerDependencies:
      host: '*'

snapshots:

  '@s/pad@1.1.0(patch_hash=abcd)': {}

  left@1.0.0(patch_hash=abcd)(host@3.0.0):
    dependencies:
      '@s/pad': 1.1.0(patch_hash=abcd)
"""
PNPM_OLD = """\
lockfileVersion: 5.4

packages:

  /@s/pad/1.1.0:
    resolution: {integrity: sha512-BBBB}
    dev: false

  /left/1.0.0_host@3.0.0:
    resolution: {integrity: sha512-AAAA}
    dependencies:
      '@s/pad': 1.1.0
"""
CLASSIC = """\
# yarn lockfile v1


"@s/pad@^1.0.0", "@s/pad@^1.1.0":
  version "1.1.0"
  resolved "https://one.example/@s/pad/-/pad-1.1.0.tgz#0123"
  integrity sha512-BBBB

left@^1.0.0:
  version "1.0.0"
  resolved "https://one.example/left/-/left-1.0.0.tgz#0123"
  integrity sha512-AAAA
  dependencies:
    "@s/pad" "^1.0.0"
    plain "^1.0.0"
"""
BERRY = """\
__metadata:
  version: 8
  cacheKey: 10c0

"@s/pad@npm:^1.0.0, @s/pad@npm:^1.1.0":
  version: 1.1.0
  resolution: "@s/pad@npm:1.1.0"
  checksum: 10c0/bbbb
  languageName: node

"left@npm:1.0.0":
  version: 1.0.0
  resolution: "left@npm:1.0.0"
  dependencies:
    "@s/pad": "npm:^1.0.0"
    plain: "npm:^1.0.0"
  checksum: 10c0/aaaa

"left@patch:left@npm%3A1.0.0#~/.yarn/patches/left.patch":
  version: 1.0.0
  resolution: "left@patch:left@npm%3A1.0.0#~/.yarn/patches/left.patch::version=1.0.0&hash=01"
  checksum: 10c0/cccc

"typescript@patch:typescript@npm%3A5.0.0#optional!builtin<compat/typescript>":
  version: 5.0.0
"""


def read(name: str, text: str) -> LockText:
    found = read_lock(name, text.encode())
    assert found is not None
    return found


def test_npms_lock_is_read() -> None:
    lock = read("package-lock.json", NPM)
    assert (lock.format, lock.hosts) == ("3", {"one.example"})
    assert lock.packages == {
        "left": {"1.0.0": "sha512-AAAA"},
        "@s/pad": {"1.1.0": "sha512-BBBB", "1.0.0": "sha512-CCCC"},
        "near": {"2.0.0": ""},
        "far": {"2.0.0": ""},
    }
    assert lock.closure("left") == {"left", "@s/pad", "host"}


@pytest.mark.parametrize("text", [PNPM, PNPM_OLD], ids=["9", "5"])
def test_pnpms_lock_is_read(text: str) -> None:
    lock = read("pnpm-lock.yaml", text)
    assert {name: set(versions.values()) for name, versions in lock.packages.items()} == {
        "@s/pad": {"sha512-BBBB"},
        "left": {"sha512-AAAA"},
    }
    assert lock.closure("left") >= {"left", "@s/pad"}
    assert lock.patched == ({"@s/pad", "left@1.0.0"} if text is PNPM else frozenset())


@pytest.mark.parametrize(("text", "form", "patched"), [(CLASSIC, "1", set()), (BERRY, "8", {"left"})], ids=["1", "8"])
def test_yarns_lock_is_read(text: str, form: str, patched: set[str]) -> None:
    lock = read("yarn.lock", text)
    assert (lock.format, lock.patched) == (form, patched)
    assert set(lock.packages["left"]) == {"1.0.0"}
    assert set(lock.packages["@s/pad"]) == {"1.1.0"}
    assert lock.closure("left") == {"left", "@s/pad", "plain"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", "{"),
        ("package-lock.json", "[]"),
        ("pnpm-lock.yaml", ""),
        ("yarn.lock", "x"),
        ("bun.lock", ""),
    ],
)
def test_what_is_no_lock_is_not_read(name: str, text: str) -> None:
    assert read_lock(name, text.encode()) is None


def lock(packages: dict[str, dict[str, str]], **more: object) -> LockText:
    needs = {"left": {"pad"}, "pad": {"deep"}, "other": {"left"}}
    return LockText(str(more.pop("format", "3")), packages, needs, **more)  # type: ignore[arg-type]  # the caller's


BEFORE = lock({"left": {"1.0.0": "sha512-A"}, "pad": {"1.0.0": ""}, "other": {"1.0.0": "sha512-O"}})
WANTED = Wanted("left", "1.1.0", frozenset())
REFUSED = {
    "broken": (None, WANTED, "what it wrote cannot be read"),
    "another format": (
        lock({"left": {"1.1.0": ""}}, format="4"),
        WANTED,
        "it would write the lock in format 4, and it is in format 3",
    ),
    "not the version": (
        lock({"left": {"1.2.0": "", "1.0.0": ""}}),
        WANTED,
        "the lock that it made has 1.0.0, 1.2.0 of left, and not 1.1.0",
    ),
    "gone": (lock({}), WANTED, "the lock that it made has nothing of left, and not 1.1.0"),
    "the patch is lost": (
        lock({"left": {"1.1.0": ""}}),
        Wanted("left", "1.1.0", frozenset({"left@1.1.0"})),
        "the lock that it made has no patch of left@1.1.0",
    ),
    "another content": (
        lock({"left": {"1.1.0": ""}, "other": {"1.0.0": "sha512-EVIL"}}),
        WANTED,
        "the registry gives another content for other 1.0.0 than the lock has",
    ),
}


@pytest.mark.parametrize(("after", "wanted", "why"), REFUSED.values(), ids=REFUSED)
def test_a_new_lock_that_is_not_what_was_wanted_is_refused(after: LockText | None, wanted: Wanted, why: str) -> None:
    assert refusal(BEFORE, after, wanted) == why


def test_another_kind_of_digest_is_no_other_content() -> None:
    after = lock({"left": {"1.1.0": ""}, "other": {"1.0.0": "sha1-O"}})
    assert refusal(BEFORE, after, WANTED) == ""


def test_what_else_changes_is_told() -> None:
    near = lock({"left": {"1.1.0": ""}, "pad": {"2.0.0": ""}, "deep": {"1.0.0": ""}, "other": {"1.0.0": "sha512-O"}})
    assert warnings(BEFORE, near, WANTED) == ()
    far = lock({"left": {"1.1.0": ""}, "other": {"1.0.1": ""}, "more": {"1.0.0": ""}})
    told = "it also changes what left does not ask for: more none -> 1.0.0, other 1.0.0 -> 1.0.1"
    assert warnings(BEFORE, far, WANTED) == (told,)
    many = lock({f"p{n}": {"1": ""} for n in range(9)})
    assert warnings(lock({}), many, WANTED)[0].endswith("p4 none -> 1 and 4 more")


def test_a_version_that_lost_its_patch_is_told() -> None:
    wanted = Wanted("left", "1.1.0", frozenset(), "1.0.0")
    after = lock({"left": {"1.0.0": "", "1.1.0": "", "1.0.5": ""}, "other": {"1.0.0": "sha512-O"}})
    assert warnings(BEFORE, after, wanted) == ("other packages get left 1.0.0, 1.0.5, which is not patched",)
    twice = lock({"left": {"0.9.0": "", "1.0.0": ""}})
    assert warnings(twice, lock({"left": {"0.9.0": "", "1.1.0": ""}}), wanted) == ()  # nor was it before


def test_another_registry_is_told() -> None:
    before, after = lock({}, hosts=frozenset({"one.example"})), lock({}, hosts=frozenset({"one.example", "in.house"}))
    assert warnings(before, after, WANTED) == ("it has addresses on in.house, which it had not before",)
    assert warnings(lock({}), after, WANTED) == ()  # a lock without addresses had none to compare with


def made(files: Mapping[str, str], lock: str = "package-lock.json", version: str | None = "1.1.0") -> Renewal:
    tree = MemoryTree({path: (FILE, text.encode()) for path, text in files.items()})
    path = "web/package.json" if "web/package.json" in files else "package.json"
    return renewal(tree, path, LockFile(lock, "npm install"), "left", version)


MANIFEST = json.dumps({"name": "app", "dependencies": {"left": "^1.1.0"}, "packageManager": "npm@11.0.0"})


def test_a_manager_gets_manifests_the_lock_and_harmless_settings_alone() -> None:
    rc = (
        "registry=http://here/\n//here/:_authToken=secret\nscript-shell=./evil\ngit=./evil\n@s:registry=http://there/\n"
    )
    rc += "legacy-peer-deps=true\nhoist-pattern[]=${HOME}\n; a remark\ncache=/elsewhere\nignore-scripts=false\n"
    found = made(
        {
            "web/package.json": MANIFEST,
            "web/package-lock.json": NPM,
            "web/.npmrc": rc,
            "web/apps/one/package.json": "{}",
            "web/broken/package.json": "{",
            "web/node_modules/left/package.json": "{}",
            "web/patches/left+1.1.0.patch": "not npm's affair",
            "web/index.js": "code",
            "package.json": "{}",
        },
        "web/package-lock.json",
    )
    assert (found.refused, found.manager, found.major) == ("", "npm", 11)
    assert set(found.files) == {"package.json", "package-lock.json", ".npmrc", "apps/one/package.json"}
    assert found.files[".npmrc"] == b"registry=http://here/\n@s:registry=http://there/\nlegacy-peer-deps=true\n"
    assert json.loads(found.files["package.json"]) == {"name": "app", "dependencies": {"left": "^1.1.0"}}
    assert json.loads(found.pinned["package.json"])["dependencies"] == {"left": "1.1.0"}


def test_archives_that_a_manifest_names_go_along() -> None:
    manifest = json.dumps({"dependencies": {"left": "1.1.0", "own": "file:./lib/own.tgz", "out": "file:../../out.tgz"}})
    found = made({"package.json": manifest, "package-lock.json": NPM, "lib/own.tgz": "archive", "lib/other.tgz": "x"})
    assert set(found.files) == {"package.json", "package-lock.json", "lib/own.tgz"}
    assert found.pinned == {}


def test_pnpm_gets_its_patches_and_the_settings_that_say_what_is_installed() -> None:
    workspace = "packages: ['apps/*']\noverrides: {x: '1'}\nstoreDir: /elsewhere\nscriptShell: ./evil\n"
    workspace += "patchedDependencies:\n  left@1.1.0: patches/left.patch\n"
    files = {"package.json": MANIFEST.replace("npm@11.0.0", "pnpm@9.15.0+sha512.abc"), "pnpm-lock.yaml": PNPM}
    files |= {"pnpm-workspace.yaml": workspace, "patches/left.patch": "left", "patches/other.patch": "other"}
    found = made(files, "pnpm-lock.yaml")
    assert (found.refused, found.major, found.wanted.patched) == ("", 9, {"left@1.1.0"})
    assert set(found.files) == {"package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "patches/left.patch"}
    assert b"elsewhere" not in found.files["pnpm-workspace.yaml"]
    assert b"overrides" in found.files["pnpm-workspace.yaml"]


def test_yarn_gets_no_program_of_the_repositorys_and_no_credential() -> None:
    manifest = json.dumps({"dependencies": {"left": "patch:left@npm%3A1.1.0#~/.yarn/patches/left.patch"}})
    rc = "yarnPath: .yarn/releases/yarn-4.5.0.cjs\nnodeLinker: node-modules\nhttpProxy: http://evil\n"
    rc += "npmScopes:\n  s: {npmRegistryServer: 'https://there', npmAuthToken: secret}\n"
    files = {"package.json": manifest, "yarn.lock": BERRY, ".yarnrc.yml": rc, ".yarn/patches/left.patch": "left"}
    found = made(files | {".yarn/releases/yarn-4.5.0.cjs": "code"}, "yarn.lock")
    assert (found.refused, found.major, found.wanted.patched) == ("", 4, {"left"})
    assert set(found.files) == {"package.json", "yarn.lock", ".yarnrc.yml", ".yarn/patches/left.patch"}
    assert found.files[".yarnrc.yml"] == (
        b"nodeLinker: node-modules\nnpmScopes:\n  s:\n    npmRegistryServer: https://there\n"
    )


PNPM_MANIFEST = json.dumps({"dependencies": {"left": "1.1.0"}})
OWN_CODE: dict[str, tuple[str, dict[str, str], str]] = {
    "hooks": ("pnpm-lock.yaml", {".pnpmfile.cjs": ""}, "its .pnpmfile.cjs is the repository's own code"),
    "hooks elsewhere": (
        "pnpm-lock.yaml",
        {".npmrc": "pnpmfile = tools/hooks.cjs\n"},
        "its .npmrc names a pnpmfile, which is the repository's own code",
    ),
    "hooks in the workspace": (
        "pnpm-lock.yaml",
        {"pnpm-workspace.yaml": "pnpmfile: tools/hooks.cjs\n"},
        "its pnpmfile is code that the repository names",
    ),
    "packages of settings": (
        "pnpm-lock.yaml",
        {"pnpm-workspace.yaml": "configDependencies: {evil: 1.0.0+sha512-A}\n"},
        "its configDependencies is code that the repository names",
    ),
    "anchors": (
        "pnpm-lock.yaml",
        {"pnpm-workspace.yaml": "packages: &all [a]\n"},
        "its pnpm-workspace.yaml has anchors, or is too large",
    ),
    "plugins": (
        "yarn.lock",
        {".yarnrc.yml": "plugins:\n  - path: .yarn/plugins/evil.cjs\n"},
        "its .yarnrc.yml names plugins, which are the repository's own code",
    ),
    "its own yarn": (
        "yarn.lock",
        {".yarnrc.yml": "yarnPath: tools/yarn.js\n"},
        "its yarnPath is a program of the repository's own",
    ),
    "broken settings": (
        "yarn.lock",
        {".yarnrc.yml": "a: [\n"},
        "a settings file of the package manager is no YAML",
    ),
    "another manager": (
        "package-lock.json",
        {"package.json": json.dumps({"packageManager": "yarn@4.1.0"})},
        "the project names yarn@4.1.0 as its package manager",
    ),
    "yarn 1": ("yarn.lock", {"yarn.lock": CLASSIC}, "yarn 1 can only make a lock by installing everything"),
    "bun": ("bun.lock", {"bun.lock": "{}"}, "bun.lock is not made anew by syncbot"),
    "not a lock": (
        "package-lock.json",
        {"package-lock.json": "{"},
        "package-lock.json is of a form that is not known here",
    ),
}


@pytest.mark.parametrize(("lock", "files", "why"), OWN_CODE.values(), ids=OWN_CODE)
def test_nothing_that_the_repository_brings_is_run(lock: str, files: dict[str, str], why: str) -> None:
    locks = {"package-lock.json": NPM, "pnpm-lock.yaml": PNPM, "yarn.lock": BERRY}
    found = made({"package.json": PNPM_MANIFEST, **({lock: locks[lock]} if lock in locks else {}), **files}, lock)
    assert (found.refused, dict(found.files)) == (why, {})


def test_a_symlink_is_not_followed() -> None:
    tree = MemoryTree(
        {
            "package.json": (FILE, MANIFEST.encode()),
            "package-lock.json": (FILE, NPM.encode()),
            "apps/package.json": (SYMLINK, b"/etc/passwd"),
        }
    )
    found = renewal(tree, "package.json", LockFile("package-lock.json", "npm install"), "left", None)
    assert set(found.files) == {"package.json", "package-lock.json"}


def test_the_digest_is_of_all_that_the_lock_depends_on() -> None:
    files = {"package.json": MANIFEST, "package-lock.json": NPM, "index.js": "one"}
    first = made(files).digest
    assert made({**files, "index.js": "two"}).digest == first
    assert made(files, version="1.2.0").digest != first
    assert made({**files, ".npmrc": "legacy-peer-deps=true\n"}).digest != first
    assert made({**files, "package.json": MANIFEST.replace("^1.1.0", "^1.0.0")}).digest != first

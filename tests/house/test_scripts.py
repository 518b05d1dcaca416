"""The set-up scripts, with a uv that only notes how it was called: nothing here needs a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncbot.cli.shared import program
from syncbot.report.next_steps import next_commands
from syncbot.report.results import SyncResult

ROOT = Path(__file__).parents[2]

UV = """#!/bin/sh
echo "$*" >>"$UV_LOG"
[ ! -e "$UV_BROKEN" ] || exit 1
case $1 in venv) for last; do :; done; exec "$PYTHON" -m venv --without-pip "$last" ;; esac
"""
APT_GET = """#!/bin/sh
echo "$*" >>"$APT_LOG"
case $* in *" install "*) printf '#!/bin/sh\\n' >"$TOOLS/patch"; chmod +x "$TOOLS/patch" ;; esac
"""
CLI = "import os, sys\n\ndef main():\n    print('syncbot', *sys.argv[1:], 'in', os.getcwd())\n    return 0\n"


@dataclass(frozen=True)
class Checkout:
    """A copy of the scripts around a syncbot that prints its arguments."""

    root: Path
    log: Path
    environ: dict[str, str]

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd="/",
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def quickstart(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.root / "scripts" / "quickstart"), *arguments, **environ)

    def set_up(self, kind: str) -> subprocess.CompletedProcess[str]:
        script = f'set -eu; root="{self.root}"; . "$root/scripts/lib/environment.sh"; set_up {kind}'
        return self.run("sh", "-c", script)

    def asked_of_uv(self) -> list[str]:
        """What uv was asked to do since the last time: `venv`, or `sync` and the lock's name."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return ["venv" if line.startswith("venv ") else "sync " + line.rpartition("/")[2] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a place with spaces"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for name in ("requirements.lock", "requirements-test.lock"):
        (root / "scripts" / name).write_text(f"# {name}\n")
    (root / "syncbot" / "cli").mkdir(parents=True)
    (root / "syncbot" / "cli" / "__init__.py").write_text(CLI)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "uv").write_text(UV)
    (tools / "uv").chmod(0o755)
    log = tmp_path / "uv.log"
    environ = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "PYTHON": sys.executable,
        "UV_LOG": str(log),
        "UV_BROKEN": str(tmp_path / "broken"),
    }
    return Checkout(root, log, environ)


def test_quickstart_sets_up_once_and_then_only_syncs(checkout: Checkout) -> None:
    first = checkout.quickstart("--dry-run")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"syncbot sync --dry-run in {checkout.root}\n"
    assert checkout.asked_of_uv() == ["venv", "sync requirements.lock"]

    second = checkout.quickstart()
    assert (second.stdout, second.stderr) == (f"syncbot sync in {checkout.root}\n", "")
    assert checkout.asked_of_uv() == []


def test_a_new_lock_is_installed_into_the_environment_that_is_there(checkout: Checkout) -> None:
    checkout.quickstart()
    (checkout.root / "scripts" / "requirements.lock").write_text("# renewed\n")
    checkout.asked_of_uv()
    checkout.quickstart()
    assert checkout.asked_of_uv() == ["sync requirements.lock"]


def test_a_checkout_that_moved_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.quickstart()
    checkout.asked_of_uv()
    moved = Checkout(checkout.root.rename(checkout.root.with_name("elsewhere")), checkout.log, checkout.environ)
    assert moved.quickstart().stdout == f"syncbot sync in {moved.root}\n"
    assert moved.asked_of_uv() == ["venv", "sync requirements.lock"]


def test_quickstart_leaves_the_test_tools_in_place(checkout: Checkout) -> None:
    assert checkout.set_up("test").returncode == 0
    checkout.quickstart()
    assert checkout.asked_of_uv() == ["venv", "sync requirements-test.lock"]
    (checkout.root / "scripts" / "requirements-test.lock").write_text("# renewed\n")
    checkout.quickstart()
    assert checkout.asked_of_uv() == ["sync requirements-test.lock"]


def test_a_set_up_that_broke_off_is_done_again(checkout: Checkout) -> None:
    Path(checkout.environ["UV_BROKEN"]).touch()
    broken = checkout.quickstart()
    assert broken.returncode == 2
    assert "could not make" in broken.stderr
    Path(checkout.environ["UV_BROKEN"]).unlink()
    assert checkout.quickstart().returncode == 0


def test_the_program_runs_through_a_link(checkout: Checkout, tmp_path: Path) -> None:
    checkout.quickstart()
    link = tmp_path / "link"
    link.symlink_to(checkout.root / ".venv" / "bin" / "syncbot")
    assert checkout.run(str(link), "doctor").stdout == "syncbot doctor in /\n"


@pytest.mark.parametrize(
    ("called", "on_path", "said"),
    [
        (".venv/bin/syncbot", False, ".venv/bin/syncbot"),
        ("/a place/.venv/bin/syncbot", False, "'/a place/.venv/bin/syncbot'"),
        (".venv/bin/syncbot", True, "syncbot"),
        ("syncbot/__main__.py", False, "syncbot"),
    ],
)
def test_the_next_commands_can_be_typed_as_they_stand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, called: str, on_path: bool, said: str
) -> None:
    if on_path:
        (tmp_path / "syncbot").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [called, "sync"])
    assert program() == said
    nothing = SyncResult(datetime(2026, 1, 2, tzinfo=UTC), dry_run=True, items=(), problems=())
    typed = [text.partition("  #")[0].rstrip() for text in next_commands(nothing, program())]
    assert typed == [f"{said} track pypi:NAME", f"{said} report"]


def _tools(folder: Path, python3: str) -> dict[str, str]:
    """A PATH with next to nothing on it, and this python3."""
    folder.mkdir()
    for name in ("sh", "dirname", "cmp", "head", "cat", "rm", "mkdir", "sed", "git"):
        (folder / name).symlink_to(str(shutil.which(name)))
    (folder / "python3").write_text(python3)
    (folder / "python3").chmod(0o755)
    return {"PATH": str(folder), "PYTHON": ""}


def test_an_old_python_is_named(checkout: Checkout, tmp_path: Path) -> None:
    old = _tools(tmp_path / "old", '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2\n')
    result = checkout.quickstart(**old)
    assert result.returncode == 2
    assert "Python 3.11 or newer is needed, and PATH has Python 3.9.2" in result.stderr
    assert not (checkout.root / ".venv").exists()


def test_a_python_without_venv_and_pip_says_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    bare = f'#!/bin/sh\n[ "$1" = -m ] && exit 1\nexec "{sys.executable}" "$@"\n'
    result = checkout.quickstart(**_tools(tmp_path / "bare", bare))
    assert result.returncode == 2
    assert "apt-get install python3-venv" in result.stderr
    assert not (checkout.root / ".cache" / "uv").exists()


def test_a_missing_git_is_named(checkout: Checkout, tmp_path: Path) -> None:
    tools = _tools(tmp_path / "tools", "")
    (tmp_path / "tools" / "git").unlink()
    result = checkout.quickstart(**tools)
    assert (result.returncode, "git is missing" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("uid", "installed", "code"),
    [("0", "-q install -y --no-install-recommends patch chromium\n", 1), ("1000", None, 2)],
    ids=["root", "a user"],
)
def test_the_tests_need_patch(checkout: Checkout, tmp_path: Path, uid: str, installed: str | None, code: int) -> None:
    """Root on Debian gets it installed (then this checkout has no pytest: 1); anybody else is told."""
    tools = tmp_path / "tools"
    environ = _tools(tools, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for name in ("ln", "cp", "mv", "chmod", "touch", "ssh-keygen", "gpg"):
        (tools / name).symlink_to(str(shutil.which(name)))
    scripts = {
        "uv": UV,
        "id": f"#!/bin/sh\necho {uid}\n",
        "apt-get": APT_GET,
    }
    for name, script in scripts.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    log = tmp_path / "apt.log"
    environ |= {"APT_LOG": str(log), "TOOLS": str(tools), "PYTHON": sys.executable}
    result = checkout.run(str(checkout.root / "scripts" / "test"), **environ)
    assert result.returncode == code, result.stderr
    assert (log.read_text().partition("\n")[2] if log.exists() else None) == installed
    assert ("patch is missing" in result.stderr) == (uid != "0")
    assert ("the pages will NOT be tested in a browser" in result.stderr) == (uid == "0")  # a browser is not needed


PIP = "[global]\nindex-url = https://index.example/simple\ncert = /etc/ca.pem\n"
PIP_LOCAL = "[global]\nextra_index_url =\n  file:///a/simple\n  file:///b/simple\n[install]\nfind-links = /wheels 'x'\n"


@pytest.mark.parametrize(
    ("pip_conf", "uv_toml", "environ", "expected"),
    [
        ("", None, {}, ""),
        (PIP, None, {}, "export UV_DEFAULT_INDEX=https://index.example/simple\nexport SSL_CERT_FILE=/etc/ca.pem\n"),
        (PIP, "", {}, ""),
        (PIP, None, {"UV_INDEX_URL": "https://own.example", "SSL_CERT_FILE": "x"}, ""),
        (PIP, None, {"PIP_CONFIG_FILE": "/dev/null"}, ""),
        ("", None, {"PIP_INDEX_URL": "https://env.example/s"}, "export UV_DEFAULT_INDEX=https://env.example/s\n"),
        (
            PIP,
            None,
            {"PIP_INDEX_URL": "https://env.example/s", "SSL_CERT_FILE": "x"},
            "export UV_DEFAULT_INDEX=https://env.example/s\n",
        ),
        (
            PIP_LOCAL,
            None,
            {},
            "export UV_INDEX='file:///a/simple file:///b/simple'\nexport UV_FIND_LINKS='/wheels,'\"'\"'x'\"'\"''\n",
        ),
    ],
    ids=["nothing", "pip.conf", "uv's own", "uv's variables", "no files", "variable", "variable wins", "several"],
)
def test_pip_settings_reach_uv(
    sealed: Path, pip_conf: str, uv_toml: str | None, environ: dict[str, str], expected: str
) -> None:
    for name, text in (("pip/pip.conf", pip_conf), ("uv/uv.toml", uv_toml)):
        if text is not None:
            path = sealed / ".config" / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
    alone = {"PATH": os.environ["PATH"], "HOME": str(sealed), "XDG_CONFIG_DIRS": str(sealed)}
    script = "import pip_settings as p; p.GLOBAL_FILES = (); p.main()"
    command = [sys.executable, "-c", script]
    there = {"PYTHONPATH": str(ROOT / "scripts" / "lib")}
    result = subprocess.run(command, env=alone | there | environ, capture_output=True, text=True, check=True)
    assert result.stdout == expected

"""The program itself: what it imports, how it ends, what its help says."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from syncbot.cli import COMMANDS, cli, run
from syncbot.errors import Fault, InputError, SyncbotError, UpstreamUnreachable

HEAVY = {"pygit2", "sqlmodel", "sqlalchemy", "rich", "requests", "alembic", "apscheduler", "github3", "unidiff"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"]])
def test_version_and_help_import_nothing_heavy(arguments: list[str]) -> None:
    program = (
        f"import sys; from syncbot.cli import run; run({arguments!r}); print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_runs_as_the_program_does() -> None:
    done = subprocess.run([sys.executable, "-m", "syncbot", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("syncbot, version ")


def commands() -> list[tuple[str, click.Command]]:
    """Every command and subcommand with its full name."""
    found: list[tuple[str, click.Command]] = []
    for name, (module, _) in COMMANDS.items():
        command = import_module(module).command
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", command.commands[sub]) for sub in command.commands]
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_an_example_and_json(
    name: str, command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"syncbot {name}" in text or name == "delta"
    assert "Example:" in text
    does_something = not isinstance(command, click.Group) or command.invoke_without_command
    assert any("--json" in option.opts for option in command.params) or not does_something
    undocumented = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert undocumented == []


class Broken:
    """A command whose work ends in an exception."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("it is wrong", "mend it", path="a.toml", line=3), 2, "error: a.toml:3: it is wrong; mend it"),
        (UpstreamUnreachable("nobody answers"), 4, "error: nobody answers"),
        (Fault("two and two is five"), 3, "error: two and two is five"),
        (SyncbotError("odd"), 3, "error: odd"),
        (RuntimeError("secret"), 3, "error: unexpected RuntimeError; run again with --debug for the traceback"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (InputError("a\x1b[31mb\nc"), 2, "error: a[U+001B][31mb c"),
    ],
)
def test_how_an_error_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr("syncbot.wiring.files.workspace_files", Broken(error))
    assert run(["init"]) == code
    caught = capsys.readouterr()
    assert (caught.out, caught.err.lstrip("\n")) == ("", f"syncbot: {said}\n")


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("syncbot.wiring.files.workspace_files", Broken(RuntimeError("why")))
    assert run(["--debug", "init"]) == 3
    assert "RuntimeError: why" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["sync", "--nonsense"], ["judge"], ["explain", "only-one"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage: syncbot" in capsys.readouterr().err


def test_init_makes_a_workspace_and_leaves_alone_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".gitignore").write_text("*.o")
    (tmp_path / "state").mkdir()
    (tmp_path / "state/README.md").write_text("mine\n")
    assert run(["init", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["written"] == [".gitignore", "patches/README.md", "syncbot.toml"]
    assert document["kept"] == ["state/README.md"]
    assert (tmp_path / ".gitignore").read_text() == "*.o\n/state/*\n!/state/README.md\n"
    assert (tmp_path / "state/README.md").read_text() == "mine\n"
    assert run(["init", str(tmp_path)]) == 0
    assert "is a workspace already; nothing was written." in capsys.readouterr().out


def test_init_writes_settings_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path)]) == 0
    capsys.readouterr()
    text = (tmp_path / "syncbot.toml").read_text()
    lively = [line.removeprefix("# ") for line in text.splitlines() if " = " in line or line.startswith("# [")]
    (tmp_path / "syncbot.toml").write_text("\n".join(lively))
    assert run(["-C", str(tmp_path), "doctor", "--offline", "--json"]) == 2  # no git repository, but settings are well
    found = {f["name"]: f["well"] for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found["settings"]
    assert not found["repository"]


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = [sys.executable, "-m", "syncbot", "judge", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        said = program.stderr.read()
    assert (program.returncode, said) == (0, b"")


@pytest.mark.parametrize("arguments", [["--version"], ["judge", "--help"], ["init", "--json", "."]])
def test_output_that_cannot_be_written_is_one_line_and_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "syncbot", *arguments]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "syncbot: error: the output cannot be written (No space left on device); send it to where there is room\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_quiet_and_debug_stand_before_the_command_or_after_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[object] = []
    monkeypatch.setattr("syncbot.cli.shared.opened", lambda options, **_more: seen.append(options))
    for arguments in (
        ["-q", "--debug", "check"],
        ["check", "--quiet", "--debug"],
        ["proposals", "--debug", "list", "-q"],
    ):
        assert run(arguments) == 3
        assert "Traceback" in capsys.readouterr().err
    assert len(seen) == 3
    assert all(options.quiet and options.debug for options in seen)  # type: ignore[attr-defined]  # they are Options


def test_the_group_lists_every_command_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for name, (_, said) in COMMANDS.items():
        assert name in text
        assert said in " ".join(text.split())
    assert cli.list_commands(click.Context(cli)) == list(COMMANDS)

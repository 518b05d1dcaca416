"""The documentation says what the program does: every command, option, setting, word and key, and nothing stale."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import click
import pytest
import reference
import sizes

from syncbot.cli import run
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict
from syncbot.report import attestations, digest, documents, measure_documents, moved, reproduced, run_documents
from syncbot.report.results import Outcome
from syncbot.settings import ENVIRONMENT, SETTINGS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / ".github" / "REFERENCE.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / ".github").glob("*.md"), ROOT / "state" / "README.md"])
DOCUMENTS = (documents, measure_documents, attestations, digest, reproduced, moved, run_documents)
COMMANDS = dict(reference.leaves(reference.program, "syncbot"))


@cache
def tracked() -> dict[str, bytes]:
    """{path: content} of every file that is in git, or would be after `git add`."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    return {name: (ROOT / name).read_bytes() for name in names if (ROOT / name).is_file()}


@pytest.mark.parametrize("name", reference.DOCUMENTS)
def test_generated_parts_are_current(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text == reference.generated(text), "run scripts/reference"


def test_generated_parts_are_all_there() -> None:
    assert re.findall(r"<!-- begin (.*?) -->", README) == ["quickstart", "example", "verdicts", "settings"]
    assert set(re.findall(r"<!-- begin (.*?) -->", REFERENCE)) == set(reference.SECTIONS) - {"example"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    section = re.search(rf"^### `{re.escape(name)}`\n(.*?)(?=^##)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert section, f"{name} is missing"
    command = COMMANDS[name]
    assert command.help, f"{name} has no help"
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    for option in options:
        assert option.help, f"{name} {option.name} has no help"
        for spelling in (*option.opts, *option.secondary_opts):
            assert re.search(rf"`{re.escape(spelling)}\b", section[1]), f"{name} {spelling} is missing"


def test_every_command_but_the_group_prints_json() -> None:
    leaves = {name: c for name, c in COMMANDS.items() if not isinstance(c, click.Group)}
    without = [name for name, c in leaves.items() if not any("--json" in p.opts for p in c.params)]
    assert without == []


def test_every_setting_and_variable_is_documented() -> None:
    for setting in (*SETTINGS, *ENVIRONMENT):
        assert f"| `{setting.name}` |" in REFERENCE
    for setting in SETTINGS:
        assert f"| `{setting.name}` |" in README


@pytest.mark.parametrize("words", [Verdict, Fit, Proof, Action, HunkState, Outcome])
def test_every_word_is_explained(words: type[Verdict]) -> None:
    assert [word for word in words if f"| `{word.value}` |" not in REFERENCE] == []


@pytest.mark.parametrize("words", [Verdict, Fit, Proof])
def test_the_readme_has_the_words_of_a_verdict(words: type[Verdict]) -> None:
    assert [word for word in words if f"`{word.value}`" not in README] == []


def test_every_schema_is_documented() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "syncbot").rglob("*.py"))
    schemas = set(re.findall(r"\"(syncbot\.[a-z-]+/\d+)\"", source))
    assert "syncbot.judge/1" in schemas
    assert schemas == set(re.findall(r"^### `(syncbot\.[a-z-]+/\d+)`$", REFERENCE, re.MULTILINE))


def _dicts(path: Path) -> list[set[str]]:
    """The constant keys of each dictionary that a module writes down."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Dict)]
    return [{str(key.value) for key in node.keys if isinstance(key, ast.Constant)} for node in found]


def test_every_key_of_a_document_is_documented_and_no_other() -> None:
    written = [keys for module in DOCUMENTS for keys in _dicts(Path(module.__file__))]
    keys = {action.value for action in Action}.union(*written)
    for path in (ROOT / "syncbot").rglob("*.py"):
        keys.update(*(written for written in _dicts(path) if "schema" in written))
    own = {key for key in keys if re.fullmatch(r"[a-z_]+", key)}  # in-toto and DSSE have names of their own
    assert own == set(re.findall(r'"([a-z_]+)":', REFERENCE.partition("\n## JSON\n")[2]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["judge", "--base", "gone", "--target", "gone", "--patches", "gone", "--json"], "gone is not there"),
        (["judge", "--nonsense", "--json"], "--nonsense"),
    ],
)
def test_a_command_that_fails_prints_the_error_as_a_document(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["exit_code"]) == ("syncbot.error/1", 2)
    assert message in document["message"]


def _slug(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        if anchor:
            assert anchor in {_slug(h) for h in re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE)}, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    paths = re.findall(r"`((?:scripts|syncbot|tests|\.github|\.ci)/[\w./-]*)`", page.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_no_file_points_to_a_document_that_is_not_here() -> None:
    here = {Path(name).name for name in tracked()}
    named = {
        name: missing
        for name, content in tracked().items()
        if name.endswith((".py", ".md", ".toml"))
        and (missing := {word.decode() for word in re.findall(rb"\b[A-Z]{4,}\.md\b", content)} - here)
    }
    assert named == {}


def _console(text: str) -> list[tuple[str, str]]:
    """(command, output) of each console block that shows one command of the program."""
    return re.findall(r"```console\n\$ (\.venv/bin/syncbot [^\n]*)\n(.*?)```", text, re.DOTALL)


def test_the_readme_s_example_prints_what_it_shows() -> None:
    examples = _console(README)
    assert len(examples) == 1
    for command, shown in examples:
        words = shlex.split(command)[1:]
        result = subprocess.run(
            [sys.executable, "-m", "syncbot", *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert result.stdout == shown


HOSTS = [
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("registry.", "yarnpkg.com"),
        ("npm", "mirror"),
    )
]
PLACES = ["/" + "work/", "/" + "farm/", "/" + "root/", "/home/" + "ubuntu", "/tmp/" + "bash_jobs"]


@pytest.mark.parametrize("word", HOSTS + PLACES)
def test_no_registry_and_no_machine_is_named(word: str) -> None:
    """Registries come from the user's own configuration; places of one machine are of no use on another."""
    alone = re.compile(rb"(?<![\w.})*])" + re.escape(word.encode()) if word[0] == "/" else re.escape(word.encode()))
    named = [name for name, content in tracked().items() if alone.search(content)]
    assert named == []


def test_files_and_functions_stay_small() -> None:
    """The house wants 400 and 50; `.ci/run` prints the largest. This is where it must stop."""
    assert [name for lines, name in sizes.files() if lines > 600] == []
    assert [name for lines, name in sizes.functions() if lines > 100] == []

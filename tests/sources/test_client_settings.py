"""The user's own pip and npm say where the registries are."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from syncbot.sources import pip_settings as pip_module
from syncbot.sources.npm_settings import npm_settings, public_registry
from syncbot.sources.pip_settings import pip_settings

ONE, TWO, THREE = "http://one.invalid/", "http://two.invalid/", "http://three.invalid/"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose files are all below tmp_path."""
    monkeypatch.setattr(pip_module, "MACHINE", tmp_path / "etc/pip.conf")
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "PIP_CONFIG_FILE": str(tmp_path / "own.conf"),
        "NPM_CONFIG_GLOBALCONFIG": str(tmp_path / "npmrc"),
    }


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("environ", "indexes"),
    [
        ({"PIP_INDEX_URL": ONE}, (ONE,)),
        ({"UV_INDEX_URL": ONE}, (ONE,)),
        ({"UV_DEFAULT_INDEX": ONE}, (ONE,)),
        ({"UV_DEFAULT_INDEX": f"name={ONE}"}, (ONE,)),
        ({"UV_DEFAULT_INDEX": f"{ONE}?a=b"}, (f"{ONE}?a=b",)),
        ({"PIP_INDEX_URL": ONE, "UV_INDEX_URL": TWO}, (ONE,)),
        ({"PIP_INDEX_URL": ONE, "PIP_EXTRA_INDEX_URL": f"{TWO} {THREE}"}, (ONE, TWO, THREE)),
        ({"PIP_INDEX_URL": ONE, "UV_INDEX": f"name={TWO} {THREE}"}, (ONE, TWO, THREE)),
        ({"PIP_INDEX_URL": ONE, "UV_EXTRA_INDEX_URL": ONE}, (ONE,)),
    ],
)
def test_the_environment_names_the_indexes(environ: dict[str, str], indexes: tuple[str, ...]) -> None:
    assert pip_settings({"PIP_CONFIG_FILE": "/dev/null", **environ}).indexes == indexes


def test_without_settings_the_library_knows_the_index() -> None:
    assert pip_settings({"PIP_CONFIG_FILE": "/dev/null"}).indexes == (PYPI_SIMPLE_ENDPOINT,)


@pytest.mark.parametrize(
    "place", [".pip/pip.conf", ".config/pip/pip.conf", "venv/pip.conf", "own.conf", "xdg/pip/pip.conf", "etc/pip.conf"]
)
def test_every_file_of_pip_is_read(home: dict[str, str], tmp_path: Path, place: str) -> None:
    write(tmp_path / place, f"[global]\nindex-url = {ONE}\nextra-index-url =\n  {TWO}\n  {THREE}\ncert = /c.pem\n")
    settings = pip_settings(home)
    assert settings.indexes == (ONE, TWO, THREE)
    assert settings.verify == "/c.pem"


def test_the_nearer_file_wins_and_the_environment_over_all(home: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / ".config/pip/pip.conf", f"[global]\nindex-url = {ONE}\n[install]\nindex-url = {TWO}\n")
    assert pip_settings(home).indexes[0] == TWO
    write(tmp_path / "venv/pip.conf", f"[global]\nindex-url = {THREE}\n")
    assert pip_settings(home).indexes[0] == THREE
    assert pip_settings({**home, "PIP_INDEX_URL": ONE}).indexes[0] == ONE


def test_a_broken_file_of_pip_is_left_to_pip(home: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "own.conf", "index-url = without a section\n")
    write(tmp_path / ".pip/pip.conf", f"[global]\nindex-url = {ONE}\n")
    assert pip_settings(home).indexes[0] == ONE


def test_certificates_come_from_pip_then_from_the_environment(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    base = {"PIP_CONFIG_FILE": "/dev/null", "REQUESTS_CA_BUNDLE": str(bundle)}
    assert pip_settings(base).verify == str(bundle)
    assert pip_settings({**base, "PIP_CERT": "/c.pem"}).verify == "/c.pem"
    assert pip_settings({"PIP_CONFIG_FILE": "/dev/null"}).verify is True


def test_npm_files_count_from_the_project_outwards(home: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "npmrc", f"registry={ONE}\n")
    assert npm_settings(home).registry("x") == ONE
    write(tmp_path / ".npmrc", f"; a comment\nregistry = '{TWO}'\n@my:registry={ONE}my\n")
    assert npm_settings(home).registry("x") == TWO
    assert npm_settings(home).registry("@my/x") == f"{ONE}my/"
    assert npm_settings(home).registry("@other/x") == TWO
    write(tmp_path / "project/.npmrc", "registry=${WHERE}\n")
    project = tmp_path / "project"
    assert npm_settings({**home, "WHERE": THREE}, project).registry("x") == THREE
    assert npm_settings({**home, "npm_config_registry": ONE}, project).registry("x") == ONE


def test_without_settings_a_library_knows_the_registry(home: dict[str, str]) -> None:
    assert npm_settings(home).registry("x") == public_registry()
    assert public_registry().endswith("/")


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("https://host.example/npm/x", "Bearer broad"),
        ("https://host.example/npm/team/x?y=//z/", "Bearer narrow"),
        ("https://host.example/other/x", None),
        ("https://host.example.evil/npm/x", None),
        ("https://basic.example/x", "Basic abc="),
    ],
)
def test_the_token_of_the_longest_prefix_counts(
    home: dict[str, str], tmp_path: Path, url: str, header: str | None
) -> None:
    lines = ("//host.example/npm/:_authToken=broad", "//host.example/npm/team/:_authToken=narrow")
    write(tmp_path / ".npmrc", "\n".join([*lines, "//basic.example/:_auth=abc="]))
    assert npm_settings(home).authorization(url) == header


def test_npms_certificates_and_its_word_that_there_are_none(home: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / ".npmrc", "cafile=/c.pem\n")
    assert npm_settings(home).verify == "/c.pem"
    assert npm_settings({**home, "NPM_CONFIG_STRICT_SSL": "false"}).verify is False
    assert npm_settings({**home, "HOME": str(tmp_path / "none")}).verify is True


def test_no_secret_stands_in_a_repr(home: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / ".npmrc", "//host.example/:_authToken=s3cr3t\n")
    pip = pip_settings({"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "http://u:s3cr3t@host.example/"})
    assert "s3cr3t" not in f"{npm_settings(home)!r} {pip!r}"

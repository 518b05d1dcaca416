"""`syncbot serve` as a process, and what it says where the extra is not installed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from syncbot.cli import run
from syncbot.cli.serve import command


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_it_serves_until_it_is_stopped(own_path: Path) -> None:
    port = free_port()
    words = [sys.executable, "-m", "syncbot", "-C", str(own_path), "serve", "--port", str(port), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            page = _patiently(process, f"{address}/packages/curl")
            other = httpx.get(address, headers={"Host": "evil.example"}, trust_env=False)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    assert "<h1>curl</h1>" in page.text
    assert other.status_code == 421
    assert json.loads(out) == {"schema": "syncbot.serve/1", "address": f"{address}/"}
    assert (process.returncode, err) == (0, "")


def _patiently(process: subprocess.Popen[str], address: str) -> httpx.Response:
    while True:
        assert process.poll() is None, process.communicate()
        try:
            return httpx.get(address, trust_env=False, timeout=60)
        except httpx.ConnectError:
            time.sleep(0.1)


def test_it_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    [host] = [option for option in command.params if option.name == "host"]
    assert host.default == "127.0.0.1"


@pytest.mark.parametrize("missing", ["uvicorn", "fastapi", "jinja2"])
def test_without_the_extra_it_says_what_to_install(
    own_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in list(sys.modules):
        if name == missing or name.startswith((f"{missing}.", "syncbot.web")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert run(["-C", str(own_path), "serve"]) == 2
    said = capsys.readouterr().err
    assert f"the pages need {missing}, which is not installed; install the extra: pip install 'syncbot[web]'" in said


def test_a_workspace_that_cannot_be_read_is_said_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(tmp_path), "serve"]) == 2
    assert "no workspace" in capsys.readouterr().err

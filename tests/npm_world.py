"""A registry of our own on loopback, and the package managers that ask it: npm as node brings it, pnpm and yarn as
tests/npm's lock has them. What is missing is an error, never a test less."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.forges.hub.tools import module, node

MANAGERS = {"pnpm": "pnpm/bin/pnpm.cjs", "yarn": "@yarnpkg/cli-dist/bin/yarn.js"}


def tools(folder: Path, *names: str) -> Path:
    """A folder for PATH with node and these managers."""
    folder.mkdir(exist_ok=True)
    real = Path(node()).resolve()
    (folder / "node").symlink_to(real)
    npm = real.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for name in names:
        (folder / name).symlink_to(npm if name == "npm" else module(MANAGERS[name]))
    return folder


class Registry:
    """What npm's registry answers: package documents and archives, made of what `publish` was told."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.archives: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        """(path, Authorization header)."""
        self.url = ""

    def publish(self, name: str, version: str, files: dict[str, str] | None = None, **more: object) -> None:
        manifest = {"name": name, "version": version, **more}
        archive = _archive({"package.json": json.dumps(manifest), "index.js": f"// {version}\n", **(files or {})})
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self.archives[path] = archive
        digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
        dist = {
            "tarball": f"{self.url}{path}",
            "integrity": f"sha512-{digest}",
            "shasum": hashlib.sha1(archive).hexdigest(),
        }
        document = self.documents.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}, "time": {}})
        document["versions"][version] = {**manifest, "dist": dist}
        document["dist-tags"]["latest"] = version
        document["time"][version] = f"2024-01-{len(document['versions']):02}T00:00:00.000Z"

    def integrity(self, name: str, version: str) -> str:
        return str(self.documents[name]["versions"][version]["dist"]["integrity"])


def _archive(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))
    return gzip.compress(made.getvalue(), mtime=0)


@contextmanager
def registry() -> Iterator[Registry]:
    made = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            made.asked.append((path, self.headers.get("Authorization", "")))
            document = made.documents.get(path[1:])
            body = made.archives.get(path) if document is None else json.dumps(document).encode()
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json" if document else "application/octet-stream")
            self.end_headers()
            self.wfile.write(body or b"{}")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

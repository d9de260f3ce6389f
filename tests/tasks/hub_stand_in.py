"""The parts of the hub's HTTP interface that reading a data set uses, served from a folder.

The folder is laid out OWNER/NAME/COMMIT/files; the commit that sorts last is the newest.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

EXPORT = "refs/convert/parquet"
"""The branch where the hub keeps its own parquet copy; here a folder `export` beside the commits,
which names the commit that holds it."""


class _MissingError(Exception):
    """What is not there, as the hub's error codes call it: Repo, Revision or Entry."""


class StandIn(ThreadingHTTPServer):
    """Serves `folder`; says what was asked of it, and can fall silent."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.asked: list[str] = []
        self.silent_at = ""
        """Requests whose path holds this are never answered."""
        self.refused_at = ""
        """Requests whose path holds this are answered with 403."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def hub(folder: Path) -> Iterator[StandIn]:
    server = StandIn(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the names are the base class's
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(f"{self.command} {path}")
        if self.server.silent_at and self.server.silent_at in path:
            self.server.closing.wait()
            return
        if self.server.refused_at and self.server.refused_at in path:
            self._send(b"{}", status=403, headers={})
            return
        try:
            self._answer(path.strip("/").split("/"))
        except _MissingError as error:
            self._send(b"{}", status=404, headers={"X-Error-Code": f"{error}NotFound"})

    do_HEAD = do_POST = do_GET

    def _answer(self, steps: list[str]) -> None:
        match steps:
            case ["api", "datasets", owner, name]:
                self._send_json(self._about(self._repository(owner, name), "main"))
            case ["api", "datasets", _]:
                raise _MissingError("Repo")
            case ["api", "datasets", owner, name, "refs"]:
                self._send_json(self._refs(self._repository(owner, name)))
            case ["api", "datasets", owner, name, "revision", *revision]:
                self._send_json(self._about(self._repository(owner, name), "/".join(revision)))
            case ["api", "datasets", owner, name, "tree", revision, *inner]:
                folder = self._commit(self._repository(owner, name), revision)
                self._send_json(self._listed(folder, "/".join(inner)))
            case ["api", "datasets", owner, name, "paths-info", revision]:
                folder = self._commit(self._repository(owner, name), revision)
                self._send_json(self._paths(folder))
            case ["datasets", owner, name, "resolve", revision, *inner]:
                self._send_file(self._commit(self._repository(owner, name), revision), inner)
            case _:
                raise _MissingError("Entry")

    def _repository(self, owner: str, name: str) -> Path:
        folder = self.server.folder / owner / name
        if not folder.is_dir():
            raise _MissingError("Repo")
        return folder

    def _commit(self, repository: Path, revision: str) -> Path:
        commits = sorted(path.name for path in repository.iterdir() if path.is_dir())
        if revision not in ("main", *commits):
            raise _MissingError("Revision")
        return repository / (commits[-1] if revision == "main" else revision)

    def _about(self, repository: Path, revision: str) -> dict[str, Any]:
        folder = self._commit(repository, revision)
        files = [{"rfilename": path} for path in _files(folder)]
        name = f"{repository.parent.name}/{repository.name}"
        return {"id": name, "sha": folder.name, "siblings": files, "tags": [], "private": False}

    def _refs(self, repository: Path) -> dict[str, Any]:
        export = repository / "export"
        commits = [export.read_text(encoding="utf-8")] if export.is_file() else []
        converts = [{"name": "parquet", "ref": EXPORT, "targetCommit": sha} for sha in commits]
        return {"branches": [], "tags": [], "converts": converts}

    def _listed(self, folder: Path, inner: str) -> list[dict[str, Any]]:
        if inner and not (folder / inner).exists():
            raise _MissingError("Entry")
        deep = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
        found = (folder / inner).rglob("*") if deep else (folder / inner).glob("*")
        return [_entry(folder, path) for path in sorted(found)]

    def _paths(self, folder: Path) -> list[dict[str, Any]]:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = json.loads(body)["paths"] if body.startswith("{") else parse_qs(body)["paths"]
        return [_entry(folder, folder / path) for path in asked if (folder / path).exists()]

    def _send_json(self, value: object) -> None:
        self._send(json.dumps(value).encode(), headers={"Content-Type": "application/json"})

    def _send_file(self, folder: Path, inner: list[str]) -> None:
        path = folder.joinpath(*inner)
        headers = {"X-Repo-Commit": folder.name}
        if not path.is_file():
            self._send(b"", status=404, headers={**headers, "X-Error-Code": "EntryNotFound"})
            return
        content = path.read_bytes()
        etag = f'"{hashlib.sha1(content, usedforsecurity=False).hexdigest()}"'
        self._send(content, headers={**headers, "ETag": etag})

    def _send(self, content: bytes, *, status: int = 200, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test that fails says what it saw."""


def _files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()]


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    name = str(path.relative_to(folder))
    oid = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    if path.is_dir():
        return {"type": "directory", "path": name, "oid": oid, "size": 0}
    return {"type": "file", "path": name, "oid": oid, "size": path.stat().st_size}

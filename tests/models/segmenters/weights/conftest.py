import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class RecordServer(ThreadingHTTPServer):
    """Answers on the loopback as Zenodo does, and can cut a connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.api_url = f"{self.url}/api/records"
        self.record: dict[str, object] = {}
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        """Bytes after which each of the next answers breaks off."""
        self.resumes = True
        self.requests: list[tuple[str, str | None]] = []
        """Path and Range of each request."""

    def add(self, name: str, content: bytes, checksum: str, size: int | None = None) -> None:
        self.files[name] = content
        entry = {
            "key": name,
            "size": len(content) if size is None else size,
            "checksum": checksum,
            "links": {"self": f"{self.api_url}/4665863/files/{name}/content"},
        }
        self.record.setdefault("metadata", {"license": {"id": "cc-by-4.0"}})
        self.record.setdefault("files", []).append(entry)  # type: ignore[attr-defined]


class _Handler(BaseHTTPRequestHandler):
    server: RecordServer

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Range")))
        if file := re.fullmatch(r".*/api/records/4665863/files/(.+)/content", self.path):
            if (content := self.server.files.get(file[1])) is not None:
                return self._send_part(content)
        elif self.path.endswith("/api/records/4665863") and self.server.record:
            return self._send(200, json.dumps(self.server.record).encode(), {})
        return self.send_error(404)

    def _send_part(self, content: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(asked[1]) if asked and self.server.resumes else 0
        ranged = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self._send(206 if start else 200, content[start:], ranged)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts and "files" in self.path else None
        self.wfile.write(content[:cut])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Return nothing."""


@pytest.fixture
def record_server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with RecordServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()

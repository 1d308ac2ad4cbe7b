import json
import lzma
import pickle
import re
import shutil
import sys
import threading
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch

from data.errors import InputError
from models.segmenters.weights.pickles.reader import read_network

MODULE = "pytorch_zoo.unet"


@contextmanager
def fake_zoo() -> Iterator[types.ModuleType]:
    """The package whose classes the published pickles name, while it is needed to write one."""
    package, module = types.ModuleType("pytorch_zoo"), types.ModuleType(MODULE)
    sys.modules |= {"pytorch_zoo": package, MODULE: module}
    try:
        yield module
    finally:
        for name in ("pytorch_zoo", MODULE):
            del sys.modules[name]


class TinyNetwork(torch.nn.Module):
    """Parameters, buffers that are saved and one that is not, a nested module, and one that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
        self.twice = torch.nn.ModuleList([self.encoder[0], torch.nn.Upsample(scale_factor=2)])
        self.scale = torch.nn.Parameter(torch.randn(2, 3))
        self.register_buffer("volatile", torch.ones(3), persistent=False)
        self.register_buffer("kept", torch.arange(4))
        self.register_parameter("absent", None)
        self.activation = torch.nn.functional.relu
        self.sizes = {"filters": [64, 128], "kind": torch.nn.Conv2d, "place": torch.device("cpu")}


TinyNetwork.__module__ = MODULE


@pytest.fixture(scope="session")
def large_folder():
    """A folder that is removed at the end; pytest's own would keep gigabytes of several runs."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def whole_module(shared, large_folder):
    """A whole-module pickle like the published ones, 557 MB, where entry i is filled with i + 1."""
    path = large_folder / "whole_module.pth"
    with lzma.open(shared / "reference/dpn_unet/whole_module.pth.xz") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return path


@pytest.fixture
def tiny_network():
    torch.manual_seed(0)
    return TinyNetwork()


@pytest.fixture
def save_network():
    """Save as the published files were: the classes of the pickle are gone afterwards."""

    def save(network, path, legacy=False, parallel=False):
        with fake_zoo() as module:
            module.__dict__["TinyNetwork"] = TinyNetwork
            network = torch.nn.DataParallel(network) if parallel else network
            torch.save(network, path, _use_new_zipfile_serialization=not legacy)
        assert MODULE not in sys.modules

    return save


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


@pytest.fixture(scope="session")
def zip_with():
    def call(path, data, folder="archive", **entries):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{folder}/data.pkl", data)
            for name, content in entries.items():
                archive.writestr(f"{folder}/{name.replace('__', '/')}", content)

    return call


@pytest.fixture(scope="session")
def legacy_with():
    def call(path, data, keys=(), storages=b""):
        system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
        start = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, system)]
        path.write_bytes(b"".join(start) + data + pickle.dumps(list(keys), 2) + storages)

    return call


@pytest.fixture(scope="session")
def read_refused():
    def call(path, match):
        with pytest.raises(InputError, match=match) as caught:
            read_network(path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return call

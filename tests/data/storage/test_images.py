import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import fsspec
import numpy as np
import pytest

from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.picture_files import record_files
from data.fields.pixel_size import resolve_pixel_size
from data.images.image_file import read_values
from data.storage import images
from data.storage.errors import StorageError
from data.storage.remote import Remote

URL = "memory://set/images"
CHANNELS = ("red", "green", "blue", "yellow")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(images, "_copies", {})
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were fetched, in order."""
    names: list[str] = []
    fetch = Remote.fetch
    monkeypatch.setattr(
        Remote, "fetch", lambda self, name, path, file: (names.append(name), fetch(self, name, path, file))[1]
    )
    return names


def put_fields(memory: Any, count: int, side: int = 16) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    planes = {}
    for number in range(count):
        for channel in CHANNELS:
            plane = random.integers(0, 256, (side, side), np.uint8)
            planes[f"F{number}_{channel}.png"] = plane
            content = cv2.imencode(".png", plane)[1].tobytes()
            memory.pipe_file(f"/set/images/plate/F{number}_{channel}.png", content)
    return planes


def test_fields_are_found_and_read(memory: Any, fetched: list[str]) -> None:
    planes = put_fields(memory, 3)
    memory.pipe_file("/set/images/.hidden/F9_red.png", b"x")
    memory.pipe_file("/set/images/readme.txt", b"x")
    fields = find_fields(URL)
    assert [field.image_id for field in fields] == ["F0", "F1", "F2"]
    image = fields[1].read(["green", "red"])
    np.testing.assert_array_equal(image[0], planes["F1_green.png"])
    np.testing.assert_array_equal(image[1], planes["F1_red.png"])
    files = record_files(fields[1], ["green"])
    assert files["green"].path == f"{URL}/plate/F1_green.png"
    # Looked at for the white of all, read, and hashed, and yet fetched once.
    assert len(fetched) == len(set(fetched))


def test_the_stamp_is_that_of_the_listing(memory: Any, fetched: list[str]) -> None:
    put_fields(memory, 1)
    listed = Remote(URL).list().files["plate/F0_red.png"]
    red = find_fields(URL, channels=None)[0].fingerprint()[2]
    assert red[:4] == ("red", "F0_red.png", listed.size, listed.modified_ns)
    fetched.clear()
    before = find_fields(URL)[0].fingerprint()
    assert fetched == []
    memory.pipe_file("/set/images/plate/F0_red.png", memory.cat_file("/set/images/plate/F0_blue.png"))
    field = find_fields(URL)[0]
    assert field.fingerprint() != before
    np.testing.assert_array_equal(field.read(["red"])[0], field.read(["blue"])[0])


def test_a_file_that_is_gone_is_a_fault_of_its_field(memory: Any) -> None:
    put_fields(memory, 2)
    fields = find_fields(URL)
    field = find_fields(URL)[0]
    for path in Path(os.environ["HPACELLS_CACHE"]).rglob("F0_red.png"):
        path.unlink()
    memory.rm_file("/set/images/plate/F0_red.png")
    with pytest.raises(InputError, match=f"{URL}/plate/F0_red.png: not there"):
        field.read(["red"])
    assert fields[1].read().shape == (4, 16, 16)


def test_nothing_is_assumed_while_a_server_is_silent(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_fields(memory, 1)
    field = find_fields(URL)[0]
    for path in Path(os.environ["HPACELLS_CACHE"]).rglob("*.png"):
        path.unlink()

    def be_silent(*_: object) -> None:
        raise StorageError(found="no answer", where=URL)

    monkeypatch.setattr(Remote, "fetch", be_silent)
    with pytest.raises(StorageError, match="no answer"):
        resolve_pixel_size(field)
    with pytest.raises(StorageError, match="no answer"):
        find_fields(URL)


def test_copies_take_no_more_room_than_they_may(
    memory: Any, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    planes = put_fields(memory, 8, side=64)
    size = len(memory.cat_file("/set/images/plate/F0_red.png"))
    monkeypatch.setenv("HPACELLS_CACHE_GB", str(6.5 * size / 1e9))
    for number, field in enumerate(find_fields(URL)):
        np.testing.assert_array_equal(field.read(["blue"])[0], planes[f"F{number}_blue.png"])
        here = list(Path(os.environ["HPACELLS_CACHE"]).rglob("*.png"))
        assert len(here) <= 7
    monkeypatch.setenv("HPACELLS_CACHE_GB", "much")
    with pytest.raises(InputError, match="HPACELLS_CACHE_GB: much; expected a number"):
        find_fields(URL)


def test_the_next_files_are_on_their_way(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_fields(memory, 30)
    fields = find_fields(URL)
    asked: list[Path] = []
    monkeypatch.setattr(images, "request_images", asked.extend)
    ahead = images.read_ahead(fields, lambda field: field.list_files(["red", "blue"]))
    first = next(ahead)
    assert first is fields[0]
    assert len(asked) == 60 < images.AHEAD
    assert [first, *ahead] == fields
    asked.clear()
    monkeypatch.setattr(images, "AHEAD", 6)
    ahead = images.read_ahead(fields, lambda field: field.list_files(["red", "blue"]))
    for number in range(20):
        assert next(ahead) is fields[number]
        assert len(asked) == 6 + 2 * number


def test_an_ome_zarr_is_refused_by_name_and_stops_no_other(memory: Any) -> None:
    put_fields(memory, 1)
    memory.pipe_file("/set/images/plate.ome.zarr/zarr.json", b"{}")
    fields = find_fields(URL)
    faults = [field for field in fields if field.fault is not None]
    assert len(faults) == 1
    assert "an OME-Zarr at a URL" in str(faults[0].fault)


def test_a_list_of_files_at_a_url_is_refused(memory: Any) -> None:
    for url in ("memory://set/path_list.csv", "memory://set/path_list.csv?token=secret"):
        with pytest.raises(InputError, match=r"memory://set/path_list.csv: a list of files at a URL"):
            find_fields(url)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    with images.at_hand(tmp_path / "x"):
        assert images.find_remote(tmp_path / "x") is None
    assert images.name_images(tmp_path) == str(tmp_path.resolve())
    assert images.list_images(tmp_path) is None
    assert images.locate_images(str(tmp_path)) == tmp_path
    assert list(images.read_ahead([1, 2], lambda _: [tmp_path])) == [1, 2]


def test_the_url_of_a_single_image(memory: Any) -> None:
    """It is told what to give, and that can be read then."""
    planes = put_fields(memory, 1)
    with pytest.raises(
        InputError, match="F0_red.png: a single file; expected the URL of a folder"
    ) as refused:
        find_fields(f"{URL}/plate/F0_red.png")
    folder = str(refused.value).rpartition(" ")[2]
    assert folder == f"{URL}/plate"
    [field] = find_fields(folder)
    assert np.array_equal(read_values(field.files["red"]), planes["F0_red.png"])


def test_the_url_of_a_single_image_on_a_web_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not fetched to be searched for links, also where it is signed."""
    monkeypatch.setenv("HPACELLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(images, "_copies", {})
    (tmp_path / "served").mkdir()
    cv2.imwrite(str(tmp_path / "served" / "F0_blue.png"), np.full((16, 16), 7, np.uint8))
    with serve(tmp_path / "served") as (url, requests):
        for query in ("", "?signature=secret"):
            with pytest.raises(
                InputError, match="F0_blue.png: a single file; expected the URL of a"
            ) as refused:
                find_fields(f"{url}/F0_blue.png{query}")
            assert "secret" not in str(refused.value)
        assert {request.partition(" ")[0] for request in requests} == {"HEAD"}
        [field] = find_fields(url)
        assert (read_values(field.files["blue"]) == 7).all()


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder; the URL, and the requests as they come."""
    requests: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            requests.append(self.requestline)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()

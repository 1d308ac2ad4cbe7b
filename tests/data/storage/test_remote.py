import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from data.errors import InputError
from data.storage.errors import StorageError
from data.storage.remote import Remote, RemoteFile
from tests.factories.storage.bucket import Bucket


@pytest.fixture
def memory() -> Iterator[Any]:
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


def test_files_are_sent_listed_and_fetched(memory: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    remote = Remote("memory://top/folder")
    assert remote.list().files == {}
    remote.send(source, "a/b c+%20.png")
    file = remote.list().files["a/b c+%20.png"]
    assert file.size == 7
    remote.fetch("a/b c+%20.png", tmp_path / "x" / "copy", file)
    copy = tmp_path / "x" / "copy"
    assert copy.read_bytes() == b"content"
    assert copy.stat().st_mtime_ns == file.modified_ns
    assert remote.find("a/b c+%20.png") == file
    remote.remove(["a/b c+%20.png", "not there"])
    assert remote.list().files == {}
    assert remote.read("a/b c+%20.png") is None
    assert remote.find("a/b c+%20.png") is None


def test_of_two_who_create_a_file_one_does(memory: Any) -> None:
    remote = Remote("memory://top")
    assert remote.create("lock", b"one")
    assert not remote.create("lock", b"two")
    assert remote.read("lock") == b"one"


def test_names_that_lead_elsewhere_are_strange(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("/top/../x.png", "/top/a//x.png", "/top/x/", "/top/good.png")
    found = {name: {"size": 1, "type": "file"} for name in names}
    monkeypatch.setattr(type(memory), "find", lambda *_, **__: found)
    listing = Remote("memory://top").list()
    assert list(listing.files) == ["good.png"]
    assert listing.strange == ["../x.png", "a//x.png"]


def test_in_a_bucket_the_etag_is_the_version(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("folder/x", b"one")
    remote = Remote(f"{bucket.url}/folder")
    one = remote.list().files["x"]
    assert one == remote.find("x")
    bucket.put("folder/x", b"two")
    two = remote.list().files["x"]
    assert one.size == two.size
    assert one.version != two.version
    # Also where both are of one second.
    assert one.modified_ns != two.modified_ns
    with pytest.raises(InputError, match=f"{bucket.url}/folder/x: changed while it was read"):
        remote.fetch("x", tmp_path / "x", one)
    assert list(tmp_path.iterdir()) == []
    assert remote.create(".lock", b"a")
    assert not remote.create(".lock", b"b")


def test_an_etag_that_is_no_hash_is_compared(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("x", b"one")
    remote = Remote(bucket.url)
    found = remote.list().files["x"]
    remote.fetch("x", tmp_path / "x", found)
    with pytest.raises(InputError, match="changed while it was read"):
        remote.fetch("x", tmp_path / "x", RemoteFile(3, "0" * 32, 5))
    with pytest.raises(InputError, match="changed while it was read"):
        remote.fetch("x", tmp_path / "x", RemoteFile(4, found.version, 5))


def test_buckets_of_two_servers_are_two_places(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Remote(bucket.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert Remote(bucket.url).place != here.place


def test_a_bucket_that_is_not_there(bucket: Bucket) -> None:
    with pytest.raises(InputError, match="s3://no-such-bucket/x: no such bucket"):
        Remote("s3://no-such-bucket/x").list()


def test_a_server_that_does_not_answer(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
        monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(StorageError, match=f"{bucket.url}: no answer"):
            Remote(bucket.url).list()


@pytest.mark.parametrize(("protocol", "place"), [("s3", "bucket"), ("gs", "bucket"), ("https", "server")])
def test_a_url_without_a_place(protocol: str, place: str) -> None:
    said = f"^{protocol}://: a URL without a {place}; expected such as {protocol}://{place}/folder"
    with pytest.raises(InputError, match=said):
        Remote(f"{protocol}://")


def test_a_web_server_that_does_not_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/images"
        with pytest.raises(StorageError, match=f"{url}: no answer .*check the network and the URL"):
            Remote(url).list()


def test_what_is_not_installed_or_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"foo://x: no known kind of storage \(foo://\)"):
        Remote("foo://x")
    error = ImportError("Install s3fs to access S3")
    monkeypatch.setattr("fsspec.core.get_filesystem_class", lambda _: (_ for _ in ()).throw(error))
    said = r'the package for s3:// is not installed.*pip install "hpacells\[s3\]"'
    with pytest.raises(InputError, match=said):
        Remote("s3://bucket/x")

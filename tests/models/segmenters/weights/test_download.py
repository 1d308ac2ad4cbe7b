import hashlib
import shutil

import numpy as np
import pytest
import requests
from safetensors import safe_open

from data.errors import InputError
from data.file_hash import hash_file
from models.segmenters.weights.download import fetch
from models.segmenters.weights.store import find_weights, weights_hash
from models.weights.folder import FOLDER_VARIABLE
from models.weights.origin import read_origin
from models.weights.resumed_download import CHUNK_BYTES, MOST_FRUITLESS, ResumedDownload

NAME, FILE = "dpn_unet_nuclei", "dpn_unet_nuclei_v1.pth"
CUT = 16 * CHUNK_BYTES
CONTENT = np.random.default_rng(0).bytes(3 << 20)


def md5(content):
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def large_store(large_folder, monkeypatch):
    store = large_folder / "store"
    monkeypatch.setenv(FOLDER_VARIABLE, str(store))
    yield store
    shutil.rmtree(store)


@pytest.fixture
def download(record_server, tmp_path):
    record_server.add(FILE, CONTENT, md5(CONTENT))
    url = record_server.record["files"][0]["links"]["self"]
    shown = []

    def run():
        downloader = ResumedDownload(tmp_path / "some.part", len(CONTENT), shown.append, pause_s=0)
        downloader(url, str(tmp_path / "whole"), None)
        return shown

    return run


def ranges(server):
    return [asked for path, asked in server.requests if path.endswith("/content")]


def fetch_from(server):
    return fetch([NAME], api_url=server.api_url, pause_s=0)


def test_a_download_arrives_whole(download, record_server, tmp_path):
    shown = download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert shown == sorted(shown)
    assert shown[-1] == len(CONTENT)
    assert ranges(record_server) == [None]
    assert not (tmp_path / "some.part").exists()


def test_a_cut_download_goes_on_where_it_was_cut(download, record_server, tmp_path):
    record_server.cuts = [CUT, 8 * CHUNK_BYTES + 99]
    download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert ranges(record_server) == [None, f"bytes={CUT}-", f"bytes={CUT + 8 * CHUNK_BYTES}-"]


def test_the_next_run_goes_on_too(download, record_server, tmp_path):
    (tmp_path / "some.part").write_bytes(CONTENT[:1234])
    download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert ranges(record_server) == ["bytes=1234-"]


def test_what_has_arrived_is_not_asked_for_again(download, record_server, tmp_path):
    (tmp_path / "some.part").write_bytes(CONTENT)
    download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert ranges(record_server) == []


def test_a_part_that_is_too_long_is_begun_anew(download, record_server, tmp_path):
    (tmp_path / "some.part").write_bytes(CONTENT + b"more")
    download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert ranges(record_server) == [None]


def test_a_server_that_cannot_resume_sends_all_again(download, record_server, tmp_path):
    record_server.resumes, record_server.cuts = False, [CUT]
    download()
    assert (tmp_path / "whole").read_bytes() == CONTENT
    assert ranges(record_server) == [None, f"bytes={CUT}-"]


def test_it_gives_up_after_attempts_that_bring_nothing_and_keeps_the_part(download, record_server, tmp_path):
    record_server.cuts = [CUT] + [0] * 20
    with pytest.raises(requests.RequestException):
        download()
    assert len(ranges(record_server)) == 1 + MOST_FRUITLESS
    assert (tmp_path / "some.part").read_bytes() == CONTENT[:CUT]


def test_a_file_that_grows_is_refused(download, record_server):
    record_server.files[FILE] = CONTENT + b"more"
    with pytest.raises(requests.HTTPError, match="more than the record says"):
        download()


def test_a_wrong_checksum_is_told_and_the_file_removed(record_server, folder):
    record_server.add(FILE, CONTENT, md5(b"other"))
    with pytest.raises(InputError, match=f"checksum .* is wrong; expected {md5(b'other')}"):
        fetch_from(record_server)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_no_network_is_told_after_its_checksum(record_server, folder):
    record_server.add(FILE, CONTENT, md5(CONTENT))
    with pytest.raises(InputError, match="cannot be read"):
        fetch_from(record_server)
    assert find_weights(NAME) is None


def test_a_file_or_record_that_is_not_there_is_told(record_server, folder):
    with pytest.raises(InputError, match="answers 404 Not Found"):
        fetch_from(record_server)
    record_server.add("other.pth", CONTENT, md5(CONTENT))
    with pytest.raises(InputError, match=f"no {FILE} in the record; expected other.pth"):
        fetch_from(record_server)
    record_server.add(FILE, CONTENT, md5(CONTENT))
    del record_server.files[FILE]
    with pytest.raises(InputError, match=r"cannot be downloaded \(404 Not Found\)"):
        fetch_from(record_server)


@pytest.mark.parametrize("record", [{"files": [{}]}, {"message": "sign in"}, {"files": 3}])
def test_an_answer_that_is_no_record_is_told(record_server, folder, record):
    record_server.record = record
    with pytest.raises(InputError, match="not a Zenodo record"):
        fetch_from(record_server)


def test_no_network_is_one_line_that_says_what_to_do(folder, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(InputError) as caught:
        fetch([NAME], api_url="http://127.0.0.1:9/api/records")
    message = str(caught.value)
    assert FILE in message
    assert "Connection refused" in message
    assert "--from DIR" in message
    assert "https://doi.org/10.5281/zenodo.4665863" in message
    assert "\n" not in message


def test_proxies_of_the_environment_are_used(record_server, folder, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", record_server.url)
    monkeypatch.setenv("http_proxy", record_server.url)
    with pytest.raises(InputError, match="answers 404"):
        fetch([NAME], api_url="http://zenodo.invalid/api/records")
    assert record_server.requests == [("http://zenodo.invalid/api/records/4665863", None)]


def test_a_folder_without_the_files_is_told(folder, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        fetch([NAME], tmp_path / "missing")
    with pytest.raises(InputError, match=f"expected {FILE} and dpn_unet_cell_v2.pth"):
        fetch([NAME, "dpn_unet_cell_2ch"], tmp_path)


@pytest.mark.slow
def test_a_published_file_is_fetched_in_two_parts_converted_and_noted(
    record_server, large_store, whole_module
):
    content = whole_module.read_bytes()
    record_server.add(FILE, content, md5(content))
    record_server.cuts = [300 * CUT]

    (path,) = fetch_from(record_server)

    assert ranges(record_server) == [None, f"bytes={300 * CUT}-"]
    assert path == find_weights(NAME) == large_store / f"{NAME}.safetensors"
    with safe_open(path, framework="numpy") as file:
        assert file.get_tensor("classify.bias").tolist() == [20, 20, 20]
    origin = read_origin(path)
    assert origin is not None
    assert origin.licence == "cc-by-4.0"
    assert origin.source_checksum == md5(content)
    assert origin.source_sha256 == hash_file(whole_module)
    assert weights_hash(path) == origin.sha256 == hash_file(path)
    assert sorted(found.name for found in large_store.iterdir()) == [
        f"{NAME}.origin.json",
        f"{NAME}.safetensors",
    ]

    fetch_from(record_server)
    assert len(record_server.requests) == 3


@pytest.mark.slow
def test_files_put_into_a_folder_are_taken(large_store, whole_module):
    by_hand = large_store / "by hand"
    by_hand.mkdir(parents=True)
    (by_hand / FILE).symlink_to(whole_module)
    (path,) = fetch([NAME, "dpn_unet_cell_2ch"], by_hand)
    assert path == find_weights(NAME)
    origin = read_origin(path)
    assert origin is not None
    assert (origin.source_checksum, origin.source_sha256) == ("", hash_file(whole_module))

    shutil.copy(path, by_hand / "dpn_unet_cell_v2.safetensors")
    fetch(["dpn_unet_cell_2ch"], by_hand)
    found = find_weights("dpn_unet_cell_2ch")
    assert found is not None
    assert weights_hash(found) == weights_hash(path)
    assert (by_hand / FILE).exists()

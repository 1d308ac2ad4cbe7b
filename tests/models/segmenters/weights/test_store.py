import hashlib
import os

import pytest
import torch
from safetensors.torch import save_file

from data.errors import InputError
from models.segmenters.dpn_unet.published_names import published_names
from models.segmenters.weights.catalogue import find_published, names_of_network, read_catalogue
from models.segmenters.weights.store import find_weights, weights_hash
from models.weights.folder import FOLDER_VARIABLE, weights_folder
from models.weights.origin import Origin, read_origin, write_origin


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


def write_weights(path, names=None):
    save_file({name: torch.zeros(1) for name in names or published_names().values()}, path)


def test_the_catalogue_has_the_three_published_files():
    assert names_of_network("dpn-unet") == ["dpn_unet_nuclei", "dpn_unet_cell", "dpn_unet_cell_2ch"]
    assert [published.file for published in read_catalogue().values()] == [
        "dpn_unet_nuclei_v1.pth",
        "dpn_unet_cell_3ch_v1.pth",
        "dpn_unet_cell_v2.pth",
    ]
    assert {published.doi for published in read_catalogue().values()} == {"10.5281/zenodo.4665863"}
    with pytest.raises(InputError, match="no weights 'cells'"):
        find_published("cells")
    with pytest.raises(InputError, match="no network 'lite'"):
        names_of_network("lite")


def test_the_folder_is_the_variables_else_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert weights_folder() == tmp_path
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights_folder().name == "weights"
    assert tmp_path in weights_folder().parents


def test_weights_are_found_only_when_whole(folder):
    path = folder / "dpn_unet_nuclei.safetensors"
    assert find_weights("dpn_unet_nuclei") is None
    write_weights(path)
    assert find_weights("dpn_unet_nuclei") == path
    assert find_weights("dpn_unet_cell") is None
    os.truncate(path, path.stat().st_size - 1)
    assert find_weights("dpn_unet_nuclei") is None
    write_weights(path, ["classify.bias"])
    assert find_weights("dpn_unet_nuclei") is None
    path.write_bytes(b"")
    assert find_weights("dpn_unet_nuclei") is None
    with pytest.raises(InputError, match="expected dpn_unet_nuclei or"):
        find_weights("nuclei")


def test_the_hash_is_that_of_the_content_whatever_the_note_says(folder):
    path = folder / "some.safetensors"
    path.write_bytes(b"one")
    expected = hashlib.sha256(b"one").hexdigest()
    assert weights_hash(path) == expected

    state = path.stat()
    origin = Origin("here", "md5:0", "1", "cc-by", "noted", state.st_size, state.st_mtime_ns)
    write_origin(path, origin)
    assert read_origin(path) == origin
    assert weights_hash(path) == "noted"

    path.write_bytes(b"other")
    assert weights_hash(path) == hashlib.sha256(b"other").hexdigest()


def test_a_damaged_note_is_no_note(folder):
    path = folder / "some.safetensors"
    path.write_bytes(b"one")
    for content in ("", "[]", "{}", '{"source": 1}', "{"):
        path.with_suffix(".origin.json").write_text(content)
        assert read_origin(path) is None
        assert weights_hash(path) == hashlib.sha256(b"one").hexdigest()

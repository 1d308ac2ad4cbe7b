import os
import pickle
import subprocess
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from safetensors.torch import save_file

from models.segmenters.dpn_unet.network import DPNUnet


class Reduces:
    def __init__(self, function, *arguments):
        self._reduced = function, arguments

    def __reduce__(self):
        return self._reduced


@pytest.fixture
def store():
    """Not in pytest's folder, which keeps the gigabyte of several runs."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def hpacells(store, warm_hpacells):
    def run(*arguments, status=0):
        command = [str(warm_hpacells), "weights", *map(str, arguments)]
        environment = os.environ | {"HPACELLS_WEIGHTS": str(store), "COLUMNS": "200"}
        # Nothing answers there: a fetch from the network fails at once.
        environment |= {
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "https_proxy": "http://127.0.0.1:9",
            "NO_PROXY": "",
        }
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def weights_file(store):
    """A state dict of the whole network, of zeros, with our names."""
    path = store / "by_hand" / "dpn_unet_nuclei.safetensors"
    path.parent.mkdir()
    with torch.device("meta"):
        state = DPNUnet().state_dict()
    save_file({name: torch.zeros(value.shape, dtype=value.dtype) for name, value in state.items()}, path)
    return path


def test_the_list_names_everything(hpacells, store):
    listed = hpacells("list").stdout
    for name in ("dpn_unet_nuclei", "dpn_unet_cell", "dpn_unet_cell_2ch"):
        assert f"{name}: not present" in listed
    for fact in ("source", "licence", "size", "checksum"):
        assert listed.count(f"  {fact}") >= 3
    assert listed.count("https://doi.org/10.5281/zenodo.4665863") == 3
    assert f"folder: {store}" in listed


@pytest.mark.slow
def test_what_a_folder_has_is_taken_and_listed(hpacells, store, weights_file):
    done = hpacells("fetch", "dpn-unet", "--from", weights_file.parent)
    assert done.stdout.split() == [str(store / "dpn_unet_nuclei.safetensors")]
    assert "dpn_unet_cell: no dpn_unet_cell_3ch_v1.pth" in done.stderr
    listed = hpacells("list").stdout
    assert "dpn_unet_nuclei: present" in listed
    assert "not compared" in listed
    assert "dpn_unet_cell: not present" in listed


def test_a_fetch_without_network_is_one_line(hpacells):
    message = hpacells("fetch", "dpn-unet", status=2).stderr
    assert message.count("\n") == 1
    assert "dpn_unet_nuclei_v1.pth" in message
    assert "--from DIR" in message


def test_other_networks_and_folders_are_told(hpacells, tmp_path):
    assert "expected dpn-unet" in hpacells("fetch", "cellpose", status=2).stderr
    assert "no published weights" in hpacells("fetch", "dpn-unet", "--from", tmp_path, status=2).stderr


def test_a_pickle_that_would_run_something_is_refused_by_name(hpacells, tmp_path):
    marker = tmp_path / "it_ran"
    data = pickle.dumps(Reduces(os.system, f"touch {marker}"), 2)
    with zipfile.ZipFile(tmp_path / "evil.pth", "w") as archive:
        archive.writestr("evil/data.pkl", data)
    done = hpacells("convert", tmp_path / "evil.pth", tmp_path / "out.safetensors", status=2)
    assert f"uses {os.name}.system" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.pth"]


def test_converting_to_another_kind_of_file_is_refused(hpacells, tmp_path):
    torch.save({"a": torch.ones(1)}, tmp_path / "a.pth")
    assert "OUT.safetensors" in hpacells("convert", tmp_path / "a.pth", tmp_path / "a.pt", status=2).stderr
    done = hpacells("convert", tmp_path / "a.pth", tmp_path / "a.safetensors", status=2)
    assert "595 missing" in done.stderr

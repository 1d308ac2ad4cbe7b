import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from data.errors import InputError
from models.segmenters.cellpose.listing import describe_cellpose_weights
from models.segmenters.cellpose.weights import (
    check_kept,
    fetch_cellpose,
    find_cellpose_weights,
    present_models,
)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HPACELLS_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


class Runs:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self._marker}",)


@pytest.mark.parametrize("name", ["cyto3", "cyto3.pth"])
@pytest.mark.parametrize("old_container", [False, True])
def test_what_the_user_has_is_kept_as_a_plain_state_dict(
    store: Path, given: Path, cyto3_state: dict[str, Tensor], name: str, old_container: bool
) -> None:
    torch.save(cyto3_state, given / name, _use_new_zipfile_serialization=not old_container)
    assert present_models(3) == []
    path = fetch_cellpose("cellpose-cyto3", given)
    assert path == store / "cellpose_cyto3.pth"
    kept = torch.load(path, weights_only=True)
    assert list(kept) == list(cyto3_state)
    assert all(torch.equal(kept[entry], value) for entry, value in cyto3_state.items())
    check_kept(path, "cyto3")
    assert fetch_cellpose("cellpose-cyto3") == path
    assert present_models(3) == ["cyto3"]
    listed = describe_cellpose_weights()
    assert "cellpose-cyto3: present" in listed
    assert f"from {given / name}" in listed
    assert listed.count("CC-BY-NC") == 3


def test_files_of_parallel_training_and_surplus_entries(
    given: Path, cyto3_state: dict[str, Tensor], caplog: pytest.LogCaptureFixture
) -> None:
    state = {f"module.{name}": value for name, value in cyto3_state.items() if name != "diam_labels"}
    torch.save(state | {"module.head.weight": torch.ones(2)}, given / "cyto3")
    kept = torch.load(fetch_cellpose("cellpose-cyto3", given), weights_only=True)
    assert set(kept) == set(cyto3_state) - {"diam_labels"}
    assert "1 entries that cellpose's cyto3 does not have are left out, such as head.weight" in caplog.text


def test_nothing_is_downloaded(store: Path) -> None:
    with pytest.raises(InputError, match=r"not download.*the file cyto3 \(27 MB\) from https://www.cellpose"):
        fetch_cellpose("cellpose-cyto3")
    with pytest.raises(InputError, match="expected dpn-unet or cellpose-cyto3 or cellpose-cpsam_v2 or"):
        fetch_cellpose("cellpose")
    assert find_cellpose_weights("cyto3") is None


def test_faults_of_files_are_told_and_nothing_is_kept(
    store: Path, given: Path, tmp_path: Path, cyto3_state: dict[str, Tensor]
) -> None:
    def refused(message: str) -> None:
        with pytest.raises(InputError, match=message):
            fetch_cellpose("cellpose-cyto3", given)

    with pytest.raises(InputError, match="no such folder"):
        fetch_cellpose("cellpose-cyto3", given / "none")
    refused("no file cyto3; expected the file cyto3 .* copy it there")
    file = given / "cyto3"
    file.write_bytes(b"<html>not found</html>")
    refused("cannot be read")
    torch.save(cyto3_state | {"diam_mean": Runs(tmp_path / "it_ran")}, file)
    refused(f"uses {os.name}.system")
    assert not (tmp_path / "it_ran").exists()
    torch.save({name: value for name, value in cyto3_state.items() if name != "output.2.bias"}, file)
    refused("1 missing: output.2.bias; expected .* entries of cellpose's cyto3")
    torch.save(cyto3_state | {"output.2.bias": torch.tensor([0.0, float("nan"), 1.0])}, file)
    refused("1 of the weights output.2.bias infinite or not a number")
    torch.save(cyto3_state | {"output.2.bias": torch.tensor([0, 1, 2])}, file)
    refused("floating point")
    torch.save(cyto3_state | {"diam_mean": torch.tensor([17.0])}, file)
    refused("trained on objects scaled to 17 px; expected 30 px")
    assert not store.exists() or not list(store.glob("*.pth"))


def test_kept_weights_that_were_replaced_are_refused_before_cellpose_opens_them(
    tmp_path: Path, cyto3_state: dict[str, Tensor]
) -> None:
    path = tmp_path / "cellpose_cyto3.pth"
    torch.save(cyto3_state | {"diam_mean": Runs(tmp_path / "it_ran")}, path)
    with pytest.raises(InputError, match="refused"):
        check_kept(path, "cyto3")
    torch.save(cyto3_state, path)
    with pytest.raises(InputError, match="entries of cellpose's cpsam"):
        check_kept(path, "cpsam")
    assert not (tmp_path / "it_ran").exists()

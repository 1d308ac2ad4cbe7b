import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from data.errors import InputError
from models.segmenters.dpn_unet.network import load_dpn_unet
from models.segmenters.dpn_unet.published_names import published_names
from models.segmenters.weights.convert import convert, copy_converted, read_shapes

LARGEST_MB = 174
"""The largest tensor."""


@pytest.fixture(scope="module")
def converted(whole_module, large_folder):
    path = large_folder / "weights.safetensors"
    convert(whole_module, path)
    return path


@pytest.mark.slow
def test_every_entry_of_a_published_pickle_lands_under_our_name(converted):
    names = published_names()
    with safe_open(converted, framework="numpy") as file:
        assert set(file.keys()) == set(names.values())
        for number, (theirs, ours) in enumerate(names.items(), start=1):
            values = file.get_tensor(ours)
            assert values.dtype == (np.int64 if theirs.endswith("num_batches_tracked") else np.float32)
            assert values.min() == values.max() == number, theirs


@pytest.mark.slow
def test_the_file_is_laid_out_as_the_library_wants_it(converted):
    with converted.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    assert length % 8 == 0
    spans = sorted(entry["data_offsets"] for name, entry in header.items() if name != "__metadata__")
    assert spans[0][0] == 0
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    assert spans[-1][1] == converted.stat().st_size - 8 - length
    network = load_dpn_unet(converted)
    assert float(network.classify.bias[0].detach()) == 20


@pytest.mark.slow
def test_memory_stays_bounded(whole_module, large_folder):
    program = (
        "import resource, sys; from pathlib import Path; from models.segmenters.weights import convert as c;"
        "c._expected_shapes(); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "c.convert(Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", program, str(whole_module), str(large_folder / "out.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 1.3e6 * LARGEST_MB


@pytest.mark.slow
def test_a_converted_file_is_copied_only_when_it_is_whole(converted, large_folder):
    copy = large_folder / "copy.safetensors"
    copy_converted(converted, copy)
    assert copy.read_bytes() == converted.read_bytes()
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size - 4)
    with pytest.raises(InputError, match="cannot be read"):
        copy_converted(copy, large_folder / "again.safetensors")
    assert not (large_folder / "again.safetensors").exists()


def test_entries_that_are_missing_surplus_or_of_another_shape_are_named(tmp_path):
    source, target = tmp_path / "some.pth", tmp_path / "out.safetensors"
    state = {
        "final.0.bias": torch.zeros(4),
        "final.0.weight": torch.zeros(3, 64, 3, 3),
        "fc.\x1b[2J": torch.zeros(1),
    }
    torch.save(state, source)
    with pytest.raises(InputError) as caught:
        convert(source, target)
    message = str(caught.value)
    assert message.isprintable()
    assert "593 missing: levels.0.merge.convolution.weight, levels.0.merge.convolution.bias" in message
    assert "and 590 more" in message
    assert r"1 surplus: 'fc.\x1b[2J'" in message
    assert "1 of another shape: classify.bias (4, not 3)" in message
    assert not target.exists()


def test_numbers_of_another_kind_are_refused(tmp_path, monkeypatch):
    from models.segmenters.weights import convert as module

    shapes = {"norm.weight": (2,), "norm.num_batches_tracked": ()}
    monkeypatch.setattr(module, "_expected_shapes", lambda: shapes)
    source, target = tmp_path / "some.pth", tmp_path / "out.safetensors"
    good = {
        "norm.weight": torch.tensor([1.5, 2], dtype=torch.float64),
        "norm.num_batches_tracked": torch.tensor(7),
    }
    torch.save(good, source)
    convert(source, target)
    with safe_open(target, framework="numpy") as file:
        assert file.get_tensor("norm.weight").tolist() == [1.5, 2]
        assert file.get_tensor("norm.num_batches_tracked").tolist() == 7
    target.unlink()
    for name, value in (
        ("norm.weight", torch.tensor([1, 2])),
        ("norm.num_batches_tracked", torch.tensor(7.0)),
    ):
        torch.save(good | {name: value}, source)
        with pytest.raises(InputError, match=f"{name} has another kind of numbers"):
            convert(source, target)
    assert [path.name for path in tmp_path.iterdir()] == ["some.pth"]


def test_a_copy_of_other_weights_is_refused(tmp_path):
    save_file({"classify.bias": torch.zeros(3)}, tmp_path / "some.safetensors")
    assert read_shapes(tmp_path / "some.safetensors") == {"classify.bias": (3,)}
    with pytest.raises(InputError, match="594 missing"):
        copy_converted(tmp_path / "some.safetensors", tmp_path / "out.safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        read_shapes(tmp_path / "missing.safetensors")

import sys

import numpy as np
import pytest
import torch

from data.errors import InputError
from models.weights.pickles.reader import read_network

KINDS = [(legacy, parallel) for legacy in (False, True) for parallel in (False, True)]


def read_values(path):
    tensors = read_network(path)
    with path.open("rb") as file:
        return {name: tensor.read(file) for name, tensor in tensors.items()}


def assert_same(values, state):
    assert list(values) == list(state)
    for name, tensor in state.items():
        expected = tensor.float().numpy() if tensor.is_floating_point() else tensor.long().numpy()
        assert values[name].dtype == expected.dtype
        np.testing.assert_array_equal(values[name], expected, err_msg=name)
        assert values[name].shape == tuple(tensor.shape)


@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize(("legacy", "parallel"), KINDS)
def test_a_whole_module_is_read_without_its_classes(tiny_network, save_network, tmp_path, legacy, parallel):
    path = tmp_path / "network.pth"
    save_network(tiny_network, path, legacy, parallel)
    with pytest.raises(ModuleNotFoundError):
        torch.load(path, weights_only=False)

    values = read_values(path)

    prefix = "module." if parallel else ""
    assert_same(values, {prefix + name: value for name, value in tiny_network.state_dict().items()})
    assert "volatile" not in values
    assert not [name for name in sys.modules if name.startswith("pytorch_zoo")]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_state_dict_is_read_in_every_protocol(tiny_network, tmp_path, legacy, protocol):
    path = tmp_path / "state.pth"
    torch.save(
        tiny_network.state_dict(),
        path,
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=not legacy,
    )
    assert_same(read_values(path), tiny_network.state_dict())


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "dtype",
    [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8],
)
def test_every_type_of_number_becomes_float32_or_int64(tmp_path, legacy, dtype):
    path = tmp_path / "state.pth"
    state = {"some": (torch.arange(24) * 1.5).to(dtype).reshape(2, 3, 4), "one": torch.tensor(7).to(dtype)}
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    assert_same(read_values(path), state)


@pytest.mark.parametrize("legacy", [False, True])
def test_views_of_a_storage_are_read_as_they_look(tmp_path, legacy):
    path = tmp_path / "state.pth"
    base = torch.arange(60.0).reshape(3, 4, 5)
    state = {
        "transposed": base.permute(2, 0, 1),
        "stepped": base[::2, 1:, ::3],
        "late": base[2],
        "half": base.to(torch.bfloat16).transpose(0, 2),
        "nothing": torch.zeros(0, 3),
    }
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    values = read_values(path)
    assert_same(values, state)
    assert all(value.flags.c_contiguous for value in values.values())


def test_every_entry_of_a_published_network_is_found(whole_module):
    tensors = read_network(whole_module)
    assert len(tensors) == 595
    assert tensors["bottlenecks.0.seq.0.weight"].shape == (1552, 3104, 3, 3)


def test_what_has_no_weights_is_told(tmp_path):
    path = tmp_path / "file.pth"
    for content in ({}, torch.nn.ReLU()):
        torch.save(content, path)
        with pytest.raises(InputError, match="no weights"):
            read_network(path)
    for content in ([1, 2], 3, {"a": 3}, {"a": {"b": torch.ones(1)}}):
        torch.save(content, path)
        with pytest.raises(InputError, match=r"neither|no tensor"):
            read_network(path)


def test_what_is_no_file_of_torch_is_told(tmp_path):
    import pickle

    path = tmp_path / "file.pth"
    for content in (
        b"",
        b"\x80",
        b"PK\x03\x04",
        b"some text",
        pickle.dumps({"a": 1}),
        b"\x89HDF\r\n\x1a\n" * 9,
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            read_network(path)
    with pytest.raises(InputError, match="No such file"):
        read_network(tmp_path / "missing.pth")
    with pytest.raises(InputError, match="directory"):
        read_network(tmp_path)

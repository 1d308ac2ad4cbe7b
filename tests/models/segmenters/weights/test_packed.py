import lzma

import pytest
import torch

from data.errors import InputError
from models.segmenters.weights.convert import convert
from models.weights.packed import unpacked


def test_a_packed_file_is_unpacked_for_the_block_alone(tmp_path):
    content = bytes(range(256)) * 9000
    (tmp_path / "some.pth.xz").write_bytes(lzma.compress(content))
    with unpacked(tmp_path / "some.pth.xz", tmp_path) as plain:
        assert plain.name == "some.pth"
        assert plain.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["some.pth.xz"]


def test_other_files_are_taken_as_they_are(tmp_path):
    with unpacked(tmp_path / "some.pth", tmp_path) as plain:
        assert plain == tmp_path / "some.pth"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_damaged_and_missing_files_are_told(tmp_path, damage):
    path = tmp_path / "some.pth.xz"
    packed = lzma.compress(bytes(100_000))
    if damage != "missing":
        path.write_bytes(packed[:-20] if damage == "cut" else b"no xz file at all")
    with (
        pytest.raises(InputError, match=r"some\.pth\.xz: (cannot be unpacked|no such file)"),
        unpacked(path, tmp_path),
    ):
        pass
    assert not list(tmp_path.glob(".unpacked-*"))


def test_a_packed_pickle_is_read_like_a_plain_one(tmp_path):
    torch.save({"final.0.bias": torch.zeros(3)}, tmp_path / "some.pth")
    (tmp_path / "some.pth.xz").write_bytes(lzma.compress((tmp_path / "some.pth").read_bytes()))
    with pytest.raises(InputError, match="594 missing"):
        convert(tmp_path / "some.pth.xz", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()

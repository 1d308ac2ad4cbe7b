"""Pickles and archives that are damaged, or made to fill the memory or to read what is not theirs."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from models.weights.pickles.reader import read_network


class Reduces:
    """Is pickled as a call."""

    def __init__(self, function, *arguments):
        self._reduced = function, arguments

    def __reduce__(self):
        return self._reduced


STAND_IN = b"cpytorch_zoo.unet\nDPNUnet\n"


def tensor_pickle(storage="FloatStorage", key="0", count=8, offset=0, size=(8,), stride=(1,), rest=()):
    """Pickle a state dict with one tensor, whatever its numbers."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if isinstance(thing, Storage):
                return ("storage", getattr(torch, storage), key, "cpu", count, *rest)
            return None

    class Storage:
        pass

    buffer = io.BytesIO()
    rebuilt = Reduces(torch._utils._rebuild_tensor_v2, Storage(), offset, size, stride, False, OrderedDict())
    Pickler(buffer, 2).dump({"weight": rebuilt})
    return buffer.getvalue()


def test_the_tensor_of_these_tests_is_read_where_nothing_is_wrong_with_it(tmp_path, legacy_with, zip_with):
    path = tmp_path / "network.pth"
    zip_with(path, tensor_pickle(), data__0=struct.pack("<8f", *range(8)))
    with path.open("rb") as file:
        assert read_network(path)["weight"].read(file).tolist() == list(range(8))
    legacy_with(path, tensor_pickle(), ["0"], struct.pack("<q8f", 8, *range(8)))
    with path.open("rb") as file:
        assert read_network(path)["weight"].read(file).tolist() == list(range(8))


@pytest.mark.parametrize(
    "changes",
    [
        {"size": (9,)},
        {"offset": 1},
        {"offset": -1},
        {"offset": True},
        {"stride": (2,)},
        {"stride": (-1,)},
        {"stride": (0,), "size": (10**12,)},
        {"size": (2, 2), "stride": (1,)},
        {"size": (1 << 60, 1 << 60), "stride": (0, 0)},
        {"size": (-1,)},
        {"size": (2.0,)},
        {"size": 8},
        {"size": (1,) * 65, "stride": (1,) * 65},
        {"size": None},
        {"count": 9},
        {"count": 1 << 62},
        {"count": -8},
        {"count": "8"},
        {"key": "1"},
        {"key": "../0"},
        {"key": "../../../../etc/passwd"},
        {"key": 0},
        {"storage": "DoubleStorage"},
        {"storage": "Tensor"},
        {"rest": (("view", 0, 4),)},
        {"rest": (None, None)},
    ],
    ids=str,
)
@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_that_reach_beyond_their_storage_are_refused(
    tmp_path, changes, legacy, legacy_with, read_refused, zip_with
):
    path = tmp_path / "network.pth"
    numbers = struct.pack("<8f", *range(8))
    if legacy:
        legacy_with(path, tensor_pickle(**changes), ["0"], struct.pack("<q", 8) + numbers)
    else:
        zip_with(path, tensor_pickle(**changes), data__0=numbers)
    read_refused(path, "cannot be read|refused")


def test_modules_that_contain_themselves_are_refused(tmp_path, read_refused, zip_with):
    path = tmp_path / "network.pth"
    entry = b"X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00a"
    zip_with(path, b"\x80\x02" + STAND_IN + b")Rq\x00}" + entry + b"h\x00ssb.")
    read_refused(path, "contain themselves")


def test_modules_that_multiply_are_refused(tmp_path, read_refused, zip_with):
    path = tmp_path / "network.pth"
    data = b"\x80\x02" + STAND_IN + b"q\x00)Rq\x01"
    for _ in range(60):
        parts = b"}(X\x01\x00\x00\x00ah\x01X\x01\x00\x00\x00bh\x01u"
        data += b"0h\x00)R}X\x08\x00\x00\x00_modules" + parts + b"sbq\x01"
    zip_with(path, data + b".")
    read_refused(path, "too many modules")


def test_tricks_of_zip_archives_are_refused(tmp_path, read_refused, zip_with):
    path = tmp_path / "network.pth"
    good = tensor_pickle()
    numbers = struct.pack("<8f", *range(8))

    zip_with(path, good, folder="a", data__0=numbers)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b/data.pkl", good)
    read_refused(path, "just one data.pkl")

    zip_with(path, good, folder="a", data__0=numbers)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a/data/0", numbers)
    read_refused(path, "the same name")

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", good)
        archive.writestr("a/data/0", numbers)
    read_refused(path, "compressed")

    zip_with(path, good, folder="a", data__0=numbers, byteorder="big")
    read_refused(path, "big-endian")

    zip_with(path, good, folder="a", data__0=numbers)
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 42 : directory + 46] = struct.pack("<I", 17)
    path.write_bytes(content)
    read_refused(path, "not where the archive says")


def test_entries_that_lead_out_of_the_archive_are_never_written(tmp_path, zip_with):
    path = tmp_path / "inner" / "network.pth"
    path.parent.mkdir()
    zip_with(path, tensor_pickle(), data__0=struct.pack("<8f", *range(8)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../escaped", b"here")
        archive.writestr(str(tmp_path / "absolute"), b"here")
    assert list(read_network(path)) == ["weight"]
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["inner", "network.pth"]


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    for name, legacy in (("zip", False), ("legacy", True)):
        torch.save(network, folder / name, _use_new_zipfile_serialization=not legacy)
    return {name: (folder / name).read_bytes() for name in ("zip", "legacy")}


@pytest.mark.parametrize("container", ["zip", "legacy"])
def test_a_file_that_is_cut_off_anywhere_is_refused(whole_files, tmp_path, container):
    path = tmp_path / "network.pth"
    content = whole_files[container]
    for end in {*range(0, len(content), 61), *range(len(content) - 40, len(content))}:
        path.write_bytes(content[:end])
        with pytest.raises(InputError):
            read_network(path)


@pytest.mark.parametrize("container", ["zip", "legacy"])
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(whole_files, tmp_path, container, data):
    content = bytearray(whole_files[container])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "network.pth"
    path.write_bytes(content)
    try:
        tensors = read_network(path)
        with path.open("rb") as file:
            assert all(tensor.read(file).shape == tensor.shape for tensor in tensors.values())
    except InputError:
        pass


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(tmp_path, data, legacy_with, zip_with):
    path = tmp_path / "network.pth"
    for write in (zip_with, legacy_with, lambda path, data: path.write_bytes(data)):
        write(path, data)
        with pytest.raises(InputError):
            read_network(path)

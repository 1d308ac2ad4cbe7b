"""Pickles that try to run something, to fill the memory, or to read what is not theirs."""

import builtins
import copyreg
import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from models.weights.unpickle import read_network


class Reduces:
    """Is pickled as a call."""

    def __init__(self, function, *arguments):
        self._reduced = function, arguments

    def __reduce__(self):
        return self._reduced


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """A file that exists when something ran, and a module that makes it when it is imported."""
    marker = tmp_path / "it_ran"
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "evil_module.py").write_text(
        f"open({str(marker)!r}, 'w').close()\ndef run(*_):\n    open({str(marker)!r}, 'w').close()\n"
    )
    monkeypatch.syspath_prepend(folder)
    yield marker
    sys.modules.pop("evil_module", None)


def zip_with(path, data, folder="archive", **entries):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{folder}/data.pkl", data)
        for name, content in entries.items():
            archive.writestr(f"{folder}/{name.replace('__', '/')}", content)


def legacy_with(path, data, keys=(), storages=b""):
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    start = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, system)]
    path.write_bytes(b"".join(start) + data + pickle.dumps(list(keys), 2) + storages)


def read_refused(path, match):
    with pytest.raises(InputError, match=match) as caught:
        read_network(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def calls(marker):
    touch = f"touch {marker}"
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        f"{os.name}.system": Reduces(os.system, touch),
        "builtins.eval": Reduces(eval, code),
        "builtins.exec": Reduces(exec, code),
        "builtins.getattr": Reduces(getattr, os, "system"),
        "builtins.__import__": Reduces(builtins.__import__, "evil_module"),
        "subprocess.Popen": Reduces(subprocess.Popen, ["touch", str(marker)]),
        "torch.serialization.load": Reduces(torch.load, str(marker)),
        "torch.hub.load": Reduces(torch.hub.load, "a/b", "c"),
    }


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("container", ["zip", "legacy", "bare"])
def test_calls_are_refused_by_name_and_nothing_runs(tmp_path, marker, container, protocol):
    path = tmp_path / "network.pth"
    for name, payload in calls(marker).items():
        if isinstance(payload._reduced[1][0], type(os)):
            payload._reduced = (payload._reduced[0], ("os", "system"))
        data = pickle.dumps({"weight": payload}, protocol, fix_imports=False)
        if container == "zip":
            zip_with(path, data)
        elif container == "legacy":
            legacy_with(path, data)
        else:
            path.write_bytes(data)
        message = read_refused(path, f"{name}; expected .*none of the names")
        assert str(path) in message
        assert not marker.exists()


def test_the_payload_does_run_where_it_is_let(tmp_path, marker):
    zip_with(tmp_path / "network.pth", pickle.dumps(Reduces(os.system, f"touch {marker}"), 2), version="3\n")
    torch.load(tmp_path / "network.pth", weights_only=False)
    assert marker.exists()


def test_a_named_module_is_not_imported(tmp_path, marker):
    path = tmp_path / "network.pth"
    for data in (
        b"cevil_module\nrun\n(tR.",
        b"\x80\x04\x8c\x0bevil_module\x8c\x03run\x93)R.",
        b"(ievil_module\nrun\n.",
    ):
        zip_with(path, data)
        read_refused(path, "evil_module.run")
        assert "evil_module" not in sys.modules
        assert not marker.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("torch._utils", "_rebuild_tensor_v2.__globals__"),
        ("torch._utils", "__builtins__"),
        ("torch", "_utils._rebuild_tensor_v2"),
        ("torch", "load"),
        ("torch", "_C._jit_init"),
        ("torch.nn.modules.module", "torch.load"),
        ("torch.nn.modules.module.torch", "serialization.load"),
        ("torch.nn.modules.module", "__builtins__['eval']"),
        ("torch.nn.utils", "skip_init"),
        ("torch.nn.modules/../os", "system"),
        ("pytorch_zoo_evil", "Network"),
        ("xpytorch_zoo.unet", "DPNUnet"),
        ("pytorch_zoo.unet", "a.b"),
        ("pytorch_zoo.", "Network"),
        ("pytorch_zoo.unet\n", "Network"),
        ("collections", "OrderedDict.fromkeys"),
        ("functools", "partial"),
        ("copyreg", "_reconstructor"),
        ("copy_reg", "_reconstructor"),
        ("sklearn.ensemble._forest", "RandomForestClassifier"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("", "system"),
        ("os", "\x1b[2Jsystem"),
    ],
)
def test_names_near_the_known_ones_are_refused(tmp_path, module, name):
    path = tmp_path / "network.pth"
    module_bytes, name_bytes = module.encode(), name.encode()
    text = bytes([0x8C, len(module_bytes)]) + module_bytes + bytes([0x8C, len(name_bytes)]) + name_bytes
    zip_with(path, b"\x80\x04" + text + b"\x93.")
    message = read_refused(path, "refused: the pickle uses")
    assert message.isprintable()


def test_extension_codes_are_refused(tmp_path, marker):
    path = tmp_path / "network.pth"
    copyreg.add_extension("os", "system", 240)
    try:
        for data in (b"\x82\xf0.", b"\x83\xf0\x00.", b"\x84\xf0\x00\x00\x00."):
            assert pickle.loads(b"\x80\x02" + data) is os.system  # noqa: S301
            zip_with(path, b"\x80\x02" + data)
            read_refused(path, "pickle instruction EXT")
    finally:
        copyreg.remove_extension("os", "system", 240)
        copyreg._extension_cache.pop(240, None)  # type: ignore[attr-defined]


STAND_IN = b"cpytorch_zoo.unet\nDPNUnet\n"


@pytest.mark.parametrize(
    ("data", "match"),
    [
        pytest.param(
            STAND_IN + b"}X\x01\x00\x00\x00aNsb.", "refused: .*GlobalRecord", id="state for a class"
        ),
        pytest.param(
            b"ccollections\nOrderedDict\n}b.", "refused: .*GlobalRecord", id="state for a known class"
        ),
        pytest.param(STAND_IN + b")RN}X\x01\x00\x00\x00aNs\x86b.", "refused: .*ModuleRecord", id="slots"),
        pytest.param(b"]}b.", "refused: a? ?.*list", id="state for a list"),
        pytest.param(STAND_IN + b")R)R.", "damaged", id="call of an object"),
        pytest.param(
            b"ctorch\nFloatStorage\n)R.", "refused: .*call of torch.FloatStorage", id="call of a storage"
        ),
        pytest.param(b"ctorch\nfloat32\n)R.", "refused: .*call of torch.float32", id="call of a dtype"),
        pytest.param(b"X\x02\x00\x00\x00os)R.", "damaged", id="call of a text"),
        pytest.param(b"c__builtin__\nset\n(]tR.", "neither a module", id="a set"),
        pytest.param(b"c__builtin__\nset\nX\x02\x00\x00\x00ab\x85R.", "a set of", id="a set of letters"),
        pytest.param(b"Pevil\n.", "refused: .*PERSID", id="textual persistent id"),
        pytest.param(b"(cos\nsystem\no.", "refused: .*os.system", id="old-style object"),
        pytest.param(b"(" + STAND_IN + b"o.", "refused: .*OBJ", id="old-style stand-in"),
        pytest.param(b"X\x03\x00\x00\x00keyQ.", "persistent id that is no storage", id="persistent text"),
        pytest.param(b"NQ.", "persistent id that is no storage", id="persistent nothing"),
        pytest.param(b"}(]]u.", "damaged", id="a list as key"),
        pytest.param(b"1.", "damaged", id="no mark"),
        pytest.param(b"0.", "damaged", id="empty stack"),
        pytest.param(b"(.", "neither a module", id="a mark left"),
        pytest.param(b"NN.", "cannot be read", id="two results"),
        pytest.param(b"h\x05.", "damaged", id="nothing kept there"),
        pytest.param(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "cannot be read", id="endless bytes"),
        pytest.param(b"N" * 2_000_002 + b".", "more than 2000000", id="too long"),
        pytest.param(b"I" + b"9" * 5000 + b"\n.", "cannot be read", id="long number"),
    ],
)
@pytest.mark.parametrize("legacy", [False, True])
def test_instructions_that_no_network_has(tmp_path, data, match, legacy):
    path = tmp_path / "network.pth"
    (legacy_with if legacy else zip_with)(path, b"\x80\x02" + data)
    read_refused(path, match)


def test_a_deeply_nested_key_does_not_overflow_the_stack(tmp_path):
    path = tmp_path / "network.pth"
    zip_with(path, b"\x80\x02})" + b"\x85" * 1_000_000 + b"Ns.")
    read_refused(path, "damaged")


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


def test_the_tensor_of_these_tests_is_read_where_nothing_is_wrong_with_it(tmp_path):
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
def test_tensors_that_reach_beyond_their_storage_are_refused(tmp_path, changes, legacy):
    path = tmp_path / "network.pth"
    numbers = struct.pack("<8f", *range(8))
    if legacy:
        legacy_with(path, tensor_pickle(**changes), ["0"], struct.pack("<q", 8) + numbers)
    else:
        zip_with(path, tensor_pickle(**changes), data__0=numbers)
    read_refused(path, "cannot be read|refused")


def test_modules_that_contain_themselves_are_refused(tmp_path):
    path = tmp_path / "network.pth"
    entry = b"X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00a"
    zip_with(path, b"\x80\x02" + STAND_IN + b")Rq\x00}" + entry + b"h\x00ssb.")
    read_refused(path, "contain themselves")


def test_modules_that_multiply_are_refused(tmp_path):
    path = tmp_path / "network.pth"
    data = b"\x80\x02" + STAND_IN + b"q\x00)Rq\x01"
    for _ in range(60):
        parts = b"}(X\x01\x00\x00\x00ah\x01X\x01\x00\x00\x00bh\x01u"
        data += b"0h\x00)R}X\x08\x00\x00\x00_modules" + parts + b"sbq\x01"
    zip_with(path, data + b".")
    read_refused(path, "too many modules")


def test_tricks_of_zip_archives_are_refused(tmp_path):
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


def test_entries_that_lead_out_of_the_archive_are_never_written(tmp_path):
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
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(tmp_path, data):
    path = tmp_path / "network.pth"
    for write in (zip_with, legacy_with, lambda path, data: path.write_bytes(data)):
        write(path, data)
        with pytest.raises(InputError):
            read_network(path)

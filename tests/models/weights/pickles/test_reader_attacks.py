"""Pickles that try to run something, or that hold what no network has."""

import builtins
import copyreg
import os
import pickle
import subprocess
import sys

import pytest
import torch


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
def test_calls_are_refused_by_name_and_nothing_runs(
    tmp_path, marker, container, protocol, legacy_with, read_refused, zip_with
):
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


def test_the_payload_does_run_where_it_is_let(tmp_path, marker, zip_with):
    zip_with(tmp_path / "network.pth", pickle.dumps(Reduces(os.system, f"touch {marker}"), 2), version="3\n")
    torch.load(tmp_path / "network.pth", weights_only=False)
    assert marker.exists()


def test_a_named_module_is_not_imported(tmp_path, marker, read_refused, zip_with):
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
def test_names_near_the_known_ones_are_refused(tmp_path, module, name, read_refused, zip_with):
    path = tmp_path / "network.pth"
    module_bytes, name_bytes = module.encode(), name.encode()
    text = bytes([0x8C, len(module_bytes)]) + module_bytes + bytes([0x8C, len(name_bytes)]) + name_bytes
    zip_with(path, b"\x80\x04" + text + b"\x93.")
    message = read_refused(path, "refused: the pickle uses")
    assert message.isprintable()


def test_extension_codes_are_refused(tmp_path, marker, read_refused, zip_with):
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
def test_instructions_that_no_network_has(tmp_path, data, match, legacy, legacy_with, read_refused, zip_with):
    path = tmp_path / "network.pth"
    (legacy_with if legacy else zip_with)(path, b"\x80\x02" + data)
    read_refused(path, match)


def test_a_deeply_nested_key_does_not_overflow_the_stack(tmp_path, read_refused, zip_with):
    path = tmp_path / "network.pth"
    zip_with(path, b"\x80\x02})" + b"\x85" * 1_000_000 + b"Ns.")
    read_refused(path, "damaged")

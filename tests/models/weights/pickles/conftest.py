import pickle
import sys
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from data.errors import InputError
from models.weights.pickles.reader import read_network

MODULE = "pytorch_zoo.unet"


@contextmanager
def fake_zoo() -> Iterator[types.ModuleType]:
    """The package whose classes the published pickles name, while it is needed to write one."""
    package, module = types.ModuleType("pytorch_zoo"), types.ModuleType(MODULE)
    sys.modules |= {"pytorch_zoo": package, MODULE: module}
    try:
        yield module
    finally:
        for name in ("pytorch_zoo", MODULE):
            del sys.modules[name]


class TinyNetwork(torch.nn.Module):
    """Parameters, buffers that are saved and one that is not, a nested module, and one that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
        self.twice = torch.nn.ModuleList([self.encoder[0], torch.nn.Upsample(scale_factor=2)])
        self.scale = torch.nn.Parameter(torch.randn(2, 3))
        self.register_buffer("volatile", torch.ones(3), persistent=False)
        self.register_buffer("kept", torch.arange(4))
        self.register_parameter("absent", None)
        self.activation = torch.nn.functional.relu
        self.sizes = {"filters": [64, 128], "kind": torch.nn.Conv2d, "place": torch.device("cpu")}


TinyNetwork.__module__ = MODULE


@pytest.fixture
def tiny_network():
    torch.manual_seed(0)
    return TinyNetwork()


@pytest.fixture
def save_network():
    """Save as the published files were: the classes of the pickle are gone afterwards."""

    def save(network, path, legacy=False, parallel=False):
        with fake_zoo() as module:
            module.__dict__["TinyNetwork"] = TinyNetwork
            network = torch.nn.DataParallel(network) if parallel else network
            torch.save(network, path, _use_new_zipfile_serialization=not legacy)
        assert MODULE not in sys.modules

    return save


@pytest.fixture(scope="session")
def zip_with():
    def call(path, data, folder="archive", **entries):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{folder}/data.pkl", data)
            for name, content in entries.items():
                archive.writestr(f"{folder}/{name.replace('__', '/')}", content)

    return call


@pytest.fixture(scope="session")
def legacy_with():
    def call(path, data, keys=(), storages=b""):
        system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
        start = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, system)]
        path.write_bytes(b"".join(start) + data + pickle.dumps(list(keys), 2) + storages)

    return call


@pytest.fixture(scope="session")
def read_refused():
    def call(path, match):
        with pytest.raises(InputError, match=match) as caught:
            read_network(path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return call

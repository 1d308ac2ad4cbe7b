import csv
import importlib.util
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch

from models.segmenters.dpn_unet.dpn92_stages import FEATURES
from models.segmenters.dpn_unet.network import DPNUnet, load_dpn_unet
from models.segmenters.dpn_unet.published_names import published_names, rename_published
from models.segmenters.weights.convert import convert

RELATIVE = 1e-4


def read_layout(shared: Path) -> dict[str, tuple[int, ...]]:
    with (shared / "reference/dpn_unet/layout.csv").open() as file:
        return {
            row["name"]: tuple(int(side) for side in row["shape"].split("x") if side)
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "reference/dpn_unet/golden.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def published_weights(shared):
    path = shared / "reference/dpn_unet/fill_weights.py"
    spec = importlib.util.spec_from_file_location("fill_weights", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: torch.from_numpy(np.asarray(module.tensor_values(name, shape)))
        for name, shape in read_layout(shared).items()
    }


@pytest.fixture(scope="module")
def filled(published_weights):
    with torch.device("meta"):
        network = DPNUnet()
    network.load_state_dict(published_weights, assign=True)
    return network.eval()


def relative_difference(network, golden, size):
    with torch.inference_mode():
        logits = network(torch.from_numpy(golden[f"input_{size}"])).numpy()
    expected = golden[f"logits_{size}"]
    assert logits.shape == expected.shape
    return np.abs(logits - expected).max() / np.abs(expected).max()


def test_the_names_are_those_of_the_published_state_dict_in_its_order(shared):
    assert list(published_names()) == list(read_layout(shared))
    assert len(published_names()) == 595


def test_the_names_go_both_ways():
    names = published_names()
    with torch.device("meta"):
        own = DPNUnet().state_dict()
    assert sorted(names.values()) == sorted(own)
    assert len(set(names.values())) == len(names)
    assert not set(names) & set(names.values())


def test_every_shape_is_the_published_one(shared):
    names = published_names()
    with torch.device("meta"):
        own = DPNUnet().state_dict()
    assert {name: tuple(own[names[name]].shape) for name in names} == read_layout(shared)


def test_it_is_as_large_as_the_published_one():
    with torch.device("meta"):
        network = DPNUnet()
    assert FEATURES == (64, 336, 704, 1552, 2688)
    assert round(sum(parameter.numel() for parameter in network.parameters()) / 1e6, 1) == 139.1


@pytest.mark.slow
@pytest.mark.parametrize("size", ["128x128", "96x160"])
def test_logits_equal_those_of_the_published_network(filled, golden, size):
    assert relative_difference(filled, golden, size) < RELATIVE


@pytest.mark.slow
@pytest.mark.parametrize(("legacy", "prefix"), [(False, ""), (True, "module.")])
def test_logits_stay_the_same_through_a_converted_pickle(published_weights, golden, legacy, prefix):
    # Not in pytest's folder, which keeps the gigabyte of several runs.
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "weights.pth"), Path(folder, "weights.safetensors")
        weights = {prefix + name: values for name, values in published_weights.items()}
        torch.save(weights, source, _use_new_zipfile_serialization=not legacy)
        convert(source, target)
        network = load_dpn_unet(target)
        assert not network.training
        assert relative_difference(network, golden, "96x160") < RELATIVE


@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_names_load_with_and_without_the_wrapper(prefix):
    with torch.device("meta"):
        network = DPNUnet()
        weights = {prefix + theirs: network.state_dict()[ours] for theirs, ours in published_names().items()}
    before = dict(weights)
    network.load_state_dict(weights, assign=True)
    assert weights == before


def test_published_names_load_where_the_network_is_part_of_another_module():
    with torch.device("meta"):
        outer = torch.nn.ModuleDict({"nuclei": DPNUnet(), "cells": DPNUnet()})
    weights = {
        f"{part}.{theirs}": outer.state_dict()[f"{part}.{ours}"]
        for part in ("nuclei", "cells")
        for theirs, ours in published_names().items()
    }
    outer.load_state_dict(weights, assign=True)


def test_each_published_entry_lands_in_its_own_place():
    with torch.device("meta"):
        network = DPNUnet()
    names = published_names()
    weights = {
        theirs: torch.tensor(float(number)).expand(network.state_dict()[ours].shape)
        for number, (theirs, ours) in enumerate(names.items())
    }
    network.load_state_dict(weights, assign=True)
    state = network.state_dict()
    assert [int(state[ours].flatten()[0]) for ours in names.values()] == list(range(595))


def test_a_missing_and_a_surplus_entry_are_told_by_name():
    with torch.device("meta"):
        network = DPNUnet()
    weights = dict(network.state_dict())
    weights["extra"] = weights.pop("classify.bias")
    with pytest.raises(RuntimeError, match=r"(?s)classify\.bias.*extra"):
        network.load_state_dict(weights, assign=True)


def test_names_that_are_not_published_are_kept():
    assert rename_published({"encoder.stem.norm.bias": 1, "final.0.bias": 2, "module.final.0.weight": 3}) == {
        "encoder.stem.norm.bias": 1,
        "classify.bias": 2,
        "classify.weight": 3,
    }

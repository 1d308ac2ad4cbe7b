"""Weights of the lite segmenter in files that are damaged or hold something else."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models.segmenters.lite.bundled import LITE_WEIGHTS
from tests.corpus.case import Case, Outcome, Place
from tests.corpus.stock import SCALE, write_field
from tests.corpus.weights import Evil, flip

Weights = dict[str, torch.Tensor]


def segmenter(name: str, spoil: Callable[[Path], object], told: str = "") -> Case:
    """Return a case of a copy of the bundled weights, with which a field is segmented."""

    def write(place: Place) -> None:
        write_field(place.inputs / "images", "good")
        shutil.copyfile(LITE_WEIGHTS, place.inputs / "mine.safetensors")
        spoil(place.inputs / "mine.safetensors")

    def command(place: Place) -> list[object]:
        weights = ("--segmenter", place.inputs / "mine.safetensors", "--runtime", "torch")
        return ["segment", place.inputs / "images", *weights, "--work", place.work, "--set", SCALE]

    def check(place: Place, _: Outcome) -> None:
        assert (place.work / "masks/good_cells.png").exists() == (not told)

    return Case(name, write, command, told, check)


def file(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def tensors(change: Callable[[Weights], object]) -> Callable[[Path], object]:
    def spoil(path: Path) -> None:
        weights = load_file(path)
        change(weights)
        save_file(weights, path)

    return spoil


def set_first(value: float) -> Callable[[Weights], object]:
    return lambda weights: next(iter(weights.values())).view(-1).__setitem__(0, value)


def to_whole_numbers(weights: Weights) -> None:
    weights.update({name: tensor.to(torch.int8) for name, tensor in weights.items()})


def replace_all(weights: Weights) -> None:
    weights.clear()
    weights["a"] = torch.ones(1)


CASES: list[Case] = [
    segmenter("as it should be", lambda _: None),
    segmenter("missing", Path.unlink, r"mine\.safetensors: no such file"),
    segmenter("empty", file(lambda _: b""), r"mine\.safetensors: unreadable"),
    segmenter("half", file(lambda content: content[: len(content) // 2]), r"mine\.safetensors: unreadable"),
    segmenter(
        "a bit flipped in the header",
        file(lambda content: flip(content, 30)),
        r"mine\.safetensors: unreadable",
    ),
    segmenter("a pickle", file(lambda _: pickle.dumps(Evil())), r"mine\.safetensors: unreadable"),
    segmenter("a folder", lambda path: (path.unlink(), path.mkdir()), r"mine\.safetensors: no mask file"),
    segmenter(
        "a weight is NaN",
        tensors(set_first(float("nan"))),
        r"mine\.safetensors: 1 of the weights unet\.decoder\.blocks\.0\.conv1\.0\.weight inf",
    ),
    segmenter(
        "a weight is infinite",
        tensors(set_first(float("inf"))),
        r"mine\.safetensors: 1 of the weights unet\.decoder\.blocks\.0\.conv1\.0\.weight inf",
    ),
    segmenter(
        "a tensor is missing",
        tensors(lambda weights: weights.pop(next(iter(weights)))),
        r"mine\.safetensors: weights of another network \(1 missing, 0 unknown\)",
    ),
    segmenter(
        "a tensor more",
        tensors(lambda weights: weights.update(more=torch.ones(2))),
        r"mine\.safetensors: weights of another network \(0 missing, 1 unknown\)",
    ),
    segmenter(
        "another network",
        tensors(replace_all),
        r"mine\.safetensors: weights of another network \(292 missing, 1 unknown\)",
    ),
    segmenter(
        "whole numbers for weights",
        tensors(to_whole_numbers),
        r"mine\.safetensors: the weights unet\.decoder\.blocks\.0\.conv1\.0\.weight of type",
    ),
]

"""Classifiers whose weights or descriptions are damaged, edited or of another network."""

import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from data.predictions.predictions_table import read_predictions
from tests.corpus.case import Case, Outcome, Place

Spoil = Callable[[Path], object]
Weights = dict[str, torch.Tensor]
WEIGHTS, TOML = "model.safetensors", "model.toml"


def classifier(name: str, spoil: Spoil, told: str = "") -> Case:
    """Return a case of a classifier that predicts three cells."""

    def write(place: Place) -> None:
        shutil.copytree(place.stock.classifier, place.inputs / "model")
        shutil.copytree(place.stock.cropped, place.work)
        spoil(place.inputs / "model")

    def command(place: Place) -> list[object]:
        folder = place.inputs / "model"
        return ["predict", "--model", folder, "--work", place.work, "--runtime", "torch"]

    def check(place: Place, _: Outcome) -> None:
        path = place.work / "predictions.parquet"
        assert path.exists() == (not told)
        if not told:
            assert read_predictions(path).equals(place.stock.predictions)

    return Case(name, write, command, told, check)


def file(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def toml(old: str, new: str) -> Spoil:
    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode(), 1)

    return file(TOML, change)


def tensors(change: Callable[[Weights], object], *, hashed: bool = False) -> Spoil:
    """Return what changes the weights; unless `hashed`, the description no longer has their hash."""

    def spoil(folder: Path) -> None:
        weights = load_file(folder / WEIGHTS)
        change(weights)
        save_file(weights, folder / WEIGHTS)
        if not hashed:
            lines = (folder / TOML).read_text().splitlines(keepends=True)
            (folder / TOML).write_text("".join(line for line in lines if "weights_sha256" not in line))

    return spoil


def first(weights: Weights) -> str:
    return next(name for name, tensor in weights.items() if tensor.is_floating_point() and tensor.ndim)


def set_first(value: float) -> Callable[[Weights], object]:
    return lambda weights: weights[first(weights)].view(-1).__setitem__(0, value)


def flip(content: bytes, place: int) -> bytes:
    changed = bytearray(content)
    changed[place] ^= 4
    return bytes(changed)


class Evil:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("ran", "w"))


def huge_header(content: bytes) -> bytes:
    return struct.pack("<Q", 2**62) + content[8:]


def without_classes(content: bytes) -> bytes:
    before, _, rest = content.partition(b"class_names = [")
    return before + b"class_names = [" + rest[rest.index(b"]") :]


CASES: list[Case] = [
    classifier("as it should be", lambda _: None),
    classifier("a file more in the folder", lambda folder: (folder / "notes.txt").write_text("mine")),
    classifier("no folder", shutil.rmtree, "model: no such folder"),
    classifier(
        "a file in the folder's place",
        lambda folder: (shutil.rmtree(folder), folder.write_text("")),
        "model: no such folder",
    ),
    classifier(
        "weights missing", lambda folder: (folder / WEIGHTS).unlink(), r"model\.safetensors: no such file"
    ),
    classifier("weights empty", file(WEIGHTS, lambda _: b""), r"model\.safetensors: unreadable"),
    classifier(
        "weights, half",
        file(WEIGHTS, lambda content: content[: len(content) // 2]),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "weights without their last byte",
        file(WEIGHTS, lambda content: content[:-1]),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "weights with bytes after the end",
        file(WEIGHTS, lambda content: content + b"more"),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "weights with a header of 2**62 bytes", file(WEIGHTS, huge_header), r"model\.safetensors: unreadable"
    ),
    classifier(
        "weights, a bit flipped in the header",
        file(WEIGHTS, lambda content: flip(content, 20)),
        r"model\.safetensors: weights that do not fit model\.toml \(Unexpected key\(s\) in",
    ),
    classifier(
        "weights, a bit flipped at the end",
        file(WEIGHTS, lambda content: flip(content, -9)),
        r"model\.safetensors: not the weights that model\.toml was written with",
    ),
    classifier(
        "weights are a folder",
        lambda folder: ((folder / WEIGHTS).unlink(), (folder / WEIGHTS).mkdir()),
        r"model\.safetensors: Is a directory",
    ),
    classifier(
        "weights are a dangling link",
        lambda folder: ((folder / WEIGHTS).unlink(), (folder / WEIGHTS).symlink_to("gone")),
        r"model\.safetensors: No such file or directory",
    ),
    classifier(
        "weights are a pickle",
        file(WEIGHTS, lambda _: pickle.dumps(Evil())),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "weights of torch.save",
        lambda folder: torch.save({"w": torch.ones(3)}, folder / WEIGHTS),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "weights are zeros",
        file(WEIGHTS, lambda content: bytes(len(content))),
        r"model\.safetensors: unreadable",
    ),
    classifier(
        "a weight is NaN",
        tensors(set_first(float("nan"))),
        r"model\.safetensors: 1 of the weights backbone\.blocks\.0\.0\.bn1\.bias infinite o",
    ),
    classifier(
        "a weight is infinite",
        tensors(set_first(float("inf"))),
        r"model\.safetensors: 1 of the weights backbone\.blocks\.0\.0\.bn1\.bias infinite o",
    ),
    classifier(
        "a weight is changed",
        tensors(set_first(0.125), hashed=True),
        r"model\.safetensors: not the weights that model\.toml was written with",
    ),
    classifier(
        "a tensor is missing",
        tensors(lambda w: w.pop(first(w))),
        r"model\.safetensors: weights that do not fit model\.toml \(Missing key\(s\) in st",
    ),
    classifier(
        "a tensor more",
        tensors(lambda w: w.__setitem__("more", torch.ones(2))),
        r"model\.safetensors: weights that do not fit model\.toml \(Unexpected key\(s\) in",
    ),
    classifier(
        "a tensor of other shape",
        tensors(lambda w: w.__setitem__(first(w), torch.ones(2, 2))),
        r"model\.safetensors: weights that do not fit model\.toml \(size mismatch for ba",
    ),
    classifier(
        "another network",
        tensors(lambda w: (w.clear(), w.__setitem__("a", torch.ones(1)))),
        r"model\.safetensors: weights that do not fit model\.toml \(Missing key\(s\) in st",
    ),
    classifier("description missing", lambda folder: (folder / TOML).unlink(), r"model\.toml: no such file"),
    classifier("description empty", file(TOML, lambda _: b""), r"model\.toml: no \[architecture\]"),
    classifier(
        "description without its end",
        file(TOML, lambda content: content[: content.index(b"[architecture.normalisation]")]),
        r"model\.toml: architecture\.normalisation: Field required",
    ),
    classifier("description is no text", file(TOML, lambda _: bytes(range(256))), r"model\.toml: unreadable"),
    classifier("description with a byte order mark", file(TOML, lambda content: b"\xef\xbb\xbf" + content)),
    classifier(
        "description with line ends of Windows", file(TOML, lambda content: content.replace(b"\n", b"\r\n"))
    ),
    classifier(
        "no architecture",
        toml("[architecture]", "[arch]"),
        r"model\.toml: architecture\.mode: Field required",
    ),
    classifier(
        "architecture is a number", file(TOML, lambda _: b"architecture = 3\n"), r"model\.toml: architecture:"
    ),
    classifier(
        "unknown mode", toml('mode = "single-label"', 'mode = "some"'), r"model\.toml: architecture\.mode:"
    ),
    classifier(
        "unknown setting",
        toml("[architecture]", "[architecture]\nnothing = 1"),
        r"model\.toml: architecture\.nothing: Extra inputs are not permitted",
    ),
    classifier(
        "unknown backbone",
        toml('name = "test_efficientnet"', 'name = "none_such"'),
        r"model\.toml: a classifier that cannot be built \(setting backbone\.name: no ne",
    ),
    classifier(
        "another backbone",
        toml('name = "test_efficientnet"', 'name = "test_resnet"'),
        r"model\.safetensors: weights that do not fit model\.toml \(Missing key\(s\) in st",
    ),
    classifier(
        "other classes",
        toml('"Nucleoplasm",', ""),
        r"model\.safetensors: weights that do not fit model\.toml \(size mismatch for he",
    ),
    classifier(
        "a class twice",
        toml('"Nucleoplasm"', '"Cytosol"'),
        r"model\.toml: architecture: class_names has a class twice",
    ),
    classifier("tiles of 0 px", toml("size = 32", "size = 0"), r"model\.toml: architecture\.tiles\.size:"),
    classifier(
        "tiles of a million px",
        toml("size = 32", "size = 1000000"),
        r"model\.toml: architecture\.tiles\.size:",
    ),
    classifier(
        "a deviation of 0",
        toml("deviation = [\n    0.2", "deviation = [\n    0.0"),
        r"model\.toml: architecture\.normalisation\.deviation\.0:",
    ),
    classifier(
        "a mean that is NaN",
        toml("mean = [\n    0.2", "mean = [\n    nan"),
        r"model\.toml: architecture\.normalisation\.mean\.0:",
    ),
    classifier(
        "a mean too many",
        toml("mean = [\n", "mean = [\n    0.1,\n"),
        r"model\.toml: architecture: normalisation is not of 2 channels, as the tiles",
    ),
    classifier(
        "no class",
        file(TOML, without_classes),
        r"model\.safetensors: weights that do not fit model\.toml \(size mismatch for he",
    ),
    classifier(
        "hash of other weights",
        toml('weights_sha256 = "', 'weights_sha256 = "0'),
        r"model\.safetensors: not the weights that model\.toml was written with",
    ),
    classifier(
        "hash is a number",
        file(
            TOML,
            lambda content: b"\n".join(
                b"weights_sha256 = 5" if line.startswith(b"weights_sha256") else line
                for line in content.split(b"\n")
            ),
        ),
        r"model\.safetensors: not the weights that model\.toml was written with",
    ),
    classifier(
        "thresholds of other length",
        file(TOML, lambda content: content + b"\n[thresholds]\nvalues = [0.5]\n"),
        r"model\.toml: thresholds\.values = \[0\.5\]",
    ),
    classifier(
        "thresholds that are NaN",
        file(TOML, lambda content: content + f"\n[thresholds]\nvalues = [{'nan, ' * 19}]\n".encode()),
        r"model\.toml: thresholds\.values = \[nan, nan, nan, nan, nan, nan, nan, nan, na",
    ),
]

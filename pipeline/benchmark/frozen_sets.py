"""Freezing a simulated set of the benchmark, and telling whether another simulation gives the same."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.software.versions import software_versions
from pipeline.benchmark.sets import BENCHMARK, PARTS, VERSION, benchmark_folder
from pipeline.runs.manifest import read_manifest

_EVERY = 8
"""Of how many rows and columns one is kept, to compare pixels where another processor rounds differently."""


def freeze_set(out: Path, name: str, folder: Path | None = None) -> Path:
    """Keep the hashes of a simulated set, and some of its pixels, to compare later simulations with.

    Parameters
    ----------
    out
        Folder of the set, with all its parts.
    name
        Name of the set.
    folder
        Where the two files go; default: beside the benchmark's description.

    Returns
    -------
    Path
        The file of hashes; the pixels lie beside it.
    """
    hashes_path, pixels_path = _frozen_paths(name, folder)
    frozen = {
        "benchmark": BENCHMARK,
        "version": VERSION,
        "set": name,
        "versions": software_versions(),
        "fields": _hashes(out),
    }
    pixels = {field: _sample(image) for field, image in _images(out)}
    with atomic_write(pixels_path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **pixels)
    with atomic_write(hashes_path) as temporary:
        temporary.write_text(json.dumps(frozen, indent=1) + "\n")
    return hashes_path


def check_set(out: Path, name: str, folder: Path | None = None) -> list[str]:
    """Compare a simulated set with the frozen one.

    What is known of each field must be equal; so must its pixels, or, where another processor rounds
    differently, those that were kept must lie within one grey level.

    Parameters
    ----------
    out, name, folder
        As in ``freeze_set``.

    Returns
    -------
    list of str
        A line for each difference; none where the sets are the same.

    Raises
    ------
    InputError
        The set was never frozen, or a part of it is not simulated.
    """
    hashes_path, pixels_path = _frozen_paths(name, folder)
    if not hashes_path.is_file() or not pixels_path.is_file():
        raise InputError(
            found=f"the set {name} is not frozen", where=hashes_path, advice="freeze it with --freeze"
        )
    frozen: dict[str, dict[str, Any]] = json.loads(hashes_path.read_text())["fields"]
    made = _hashes(out)
    lines = [f"{field}: missing" for field in frozen if field not in made]
    lines += [f"{field}: not in the frozen set" for field in made if field not in frozen]
    both = {field for field in frozen if field in made}
    lines += [
        f"{field}: another truth" for field in frozen if field in both and _differs(frozen, made, field)
    ]
    rounded = {field for field in both if frozen[field]["pixels"] != made[field]["pixels"]}
    if rounded:
        with np.load(pixels_path) as kept:
            compared = (_compare(field, image, kept[field]) for field, image in _images(out, rounded))
            lines += filter(None, compared)
    return lines


def _differs(frozen: dict[str, Any], made: dict[str, Any], field: str) -> bool:
    return any(frozen[field][what] != made[field][what] for what in ("truth", "antibody", "cell_line"))


def _compare(field: str, image: NDArray[Any], kept: NDArray[Any]) -> str:
    sampled = _sample(image)
    if sampled.shape != kept.shape or sampled.dtype != kept.dtype:
        return f"{field}: {sampled.dtype} of another size"
    apart = np.abs(sampled.astype(np.int64) - kept)
    if apart.max() <= 1:
        return ""
    return f"{field}: {np.count_nonzero(apart > 1)} of {apart.size} pixels differ, by up to {apart.max()}"


def _sample(image: NDArray[Any]) -> NDArray[Any]:
    return image[:, ::_EVERY, ::_EVERY]


def _hashes(out: Path) -> dict[str, dict[str, Any]]:
    fields = {}
    for part in PARTS:
        manifest = read_manifest(out / part / "simulate.json")
        if manifest is None or manifest.failures:
            raise InputError(
                found=f"the part {part} is not simulated", where=out, advice="simulate all parts of the set"
            )
        fields |= {f"{part}/{field}": hashes for field, hashes in manifest.details["fields"].items()}
    return fields


def _images(out: Path, wanted: set[str] | None = None) -> Iterator[tuple[str, NDArray[Any]]]:
    for part in PARTS:
        for field in find_fields(out / part):
            name = f"{part}/{field.image_id}"
            if wanted is None or name in wanted:
                yield name, field.read()


def _frozen_paths(name: str, folder: Path | None) -> tuple[Path, Path]:
    stem = (folder or benchmark_folder()) / f"{BENCHMARK}-{name}"
    return stem.with_suffix(".json"), stem.with_suffix(".npz")

"""Pick a segmenter by its name."""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from torch import nn

from data.errors import InputError
from models.runtimes.names import AUTO as ANY_RUNTIME
from models.segmenters.calibration_fields import FieldSample
from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.classical.classical_segmenter import ClassicalSegmenter
from models.segmenters.dpn_unet.dpn_unet_segmenter import DPNUnetSegmenter, network_inputs
from models.segmenters.dpn_unet.network import load_dpn_unet
from models.segmenters.lite.bundled import LITE_WEIGHTS
from models.segmenters.lite.cells import TouchingNuclei
from models.segmenters.lite.lite_segmenter import LiteSegmenter
from models.segmenters.runtimes.factory import make_runtime
from models.segmenters.segmenter import Segmenter
from models.segmenters.weights.store import find_weights, weights_hash
from models.segmenters.without_er import ER, WithoutER
from models.segmenters.without_red import WithoutRed

AUTO = "auto"
"""The name that stands for the best segmenter at hand."""

FETCH = "`hpacells weights fetch dpn-unet`"
"""What brings the weights of dpn-unet."""

NUCLEI_WEIGHTS = "dpn_unet_nuclei"
CELL_WEIGHTS = {True: "dpn_unet_cell", False: "dpn_unet_cell_2ch"}
"""The cell network's weights for fields with and without ER."""

TRAINED = ".safetensors"
"""How the name of a file of weights ends."""

HASH_LENGTH = 16


@dataclass(frozen=True)
class SegmenterOptions:
    """What a segmenter is made for.

    Attributes
    ----------
    runtime
        What runs its networks; one of `models.runtimes.names.runtime_names`.
    er
        Whether the fields have an ER stain.
    exact
        For dpn-unet and cellpose: label cells at full size as hpacellseg and cellpose do.
    sample
        Some of the fields, on which int8 networks are fitted.
    stand_in
        The channel that is taken for the microtubules (red) where the fields have none of these; see
        `models.segmenters.without_red`. Empty where they have them.
    cellpose
        For cellpose: its network, diameter and thresholds.
    touching_nuclei
        For lite: whether nuclei that touch are one cell; see `models.segmenters.lite.cells`.
    """

    runtime: str = ANY_RUNTIME
    er: bool = True
    exact: bool = False
    sample: FieldSample | None = None
    stand_in: str = ""
    cellpose: CellposeSettings = field(default_factory=lambda: CellposeSettings.model_validate({}))
    touching_nuclei: TouchingNuclei = "auto"


def segmenter_names() -> tuple[str, ...]:
    """Return the names that `create_segmenter` takes, ``"auto"`` first."""
    return (AUTO, *SEGMENTERS)


def choose_segmenter(name: str = AUTO, *, er: bool = True, red: bool = True) -> tuple[str, str]:
    """Return the name of the segmenter that a name stands for, and the reason where that was ours to choose.

    Parameters
    ----------
    name
        As for `create_segmenter`; ``"auto"`` takes dpn-unet where its weights are present, else lite, else
        classical.
    er, red
        Whether the fields have an ER stain, as dpn-unet has other weights for those without, and a
        microtubule stain, without which it cannot be used.

    Raises
    ------
    InputError
        For a name that is not known.
    """
    if name != AUTO:
        if name not in SEGMENTERS and not name.endswith(TRAINED):
            expected = f"{' or '.join(segmenter_names())}, a folder of masks, or a file {TRAINED}"
            raise InputError(found=f"no segmenter {name!r}", where="segmenter", expected=expected)
        return name, ""
    if not red and LITE_WEIGHTS.is_file():
        return "lite", "the best without microtubules"
    if red and not _missing_weights(er):
        return "dpn-unet", "its weights are present"
    lacking = f"no DPN-UNet weights; {FETCH}"
    return ("lite" if LITE_WEIGHTS.is_file() else "classical"), lacking


def create_segmenter(name: str = AUTO, options: SegmenterOptions | None = None) -> Segmenter:
    """Make the segmenter of a name, ready to be called from many threads; networks are loaded later.

    Parameters
    ----------
    name
        One of `segmenter_names`, or the path of weights that `hpacells segmenter train` wrote.
    options
        What it is made for; by default fields with ER and any runtime.

    Raises
    ------
    InputError
        For a name that is not known, a segmenter whose weights or package are missing, or a runtime that is
        not at hand or of no use to it.
    """
    options = options or SegmenterOptions()
    name, _ = choose_segmenter(name, er=options.er, red=not options.stand_in)
    if options.stand_in:
        _refuse_without_red(name)
    segmenter = SEGMENTERS[name](options) if name in SEGMENTERS else _make_trained(Path(name), options)
    if options.stand_in:
        return WithoutRed(segmenter, options.stand_in)
    return segmenter if options.er or ER not in segmenter.channels else WithoutER(segmenter)


def _refuse_without_red(name: str) -> None:
    if name in _NEED_RED:
        raise InputError(
            found="fields without a red channel (microtubules)",
            where=f"segmenter {name}",
            expected="microtubules, without which its networks were never trained",
            advice="use segmenter auto or lite, or check the names of the files",
        )


def _make_dpn_unet(options: SegmenterOptions) -> Segmenter:
    missing = _missing_weights(options.er)
    if missing:
        raise InputError(
            found=f"the weights {' and '.join(missing)} are not on this machine",
            where="segmenter dpn-unet",
            expected="converted weights in the folder that `hpacells weights list` names",
            advice=f"run {FETCH}, or use segmenter auto",
        )
    paths = [find_weights(name) for name in _weights_names(options.er)]
    nuclei_path, cell_path = (path for path in paths if path)
    hashes = [weights_hash(path) for path in (nuclei_path, cell_path)]
    runtimes = []
    for index, (purpose, path, content) in enumerate(
        zip(("nuclei", "cells"), (nuclei_path, cell_path), hashes, strict=True)
    ):
        calibration = options.sample and options.sample.calibration(
            purpose,
            DPNUnetSegmenter.channels,
            lambda image, pixel_um, index=index: network_inputs(image, pixel_um)[index],
        )
        runtimes.append(
            make_runtime(options.runtime, partial(load_dpn_unet, path), f"dpn-unet {content}", calibration)
        )
    both = hashlib.sha256("".join(hashes).encode()).hexdigest()[:HASH_LENGTH]
    return DPNUnetSegmenter(runtimes[0], runtimes[1], both, exact=options.exact)


def _make_lite(options: SegmenterOptions) -> Segmenter:
    return _make_trained(LITE_WEIGHTS, options)


def _make_trained(weights: Path, options: SegmenterOptions) -> Segmenter:
    if not weights.is_file():
        raise InputError(
            found="no such file",
            where=weights,
            expected="weights that come with hpacells, or that `hpacells segmenter train` wrote",
            advice="check the path, or use segmenter auto",
        )
    content = weights_hash(weights)[:HASH_LENGTH]
    calibration = options.sample and options.sample.calibration(
        "lite",
        LiteSegmenter.channels,
        lambda image, pixel_um: segmenter.network_input(image, pixel_um),
    )
    runtime = make_runtime(
        options.runtime, partial(_load_lite_network, weights), f"lite {content}", calibration
    )
    segmenter = LiteSegmenter(runtime, content, options.touching_nuclei)
    return segmenter


def _load_lite_network(weights: Path) -> nn.Module:
    # Imported here: it brings libraries that take seconds, and a converted network does without them.
    from models.segmenters.lite.weights import load_lite_network

    return load_lite_network(weights)


def _make_hpacellseg(options: SegmenterOptions) -> Segmenter:
    _refuse_runtime("hpacellseg", options)
    if importlib.util.find_spec("hpacellseg") is None:
        raise InputError(
            found="the package hpacellseg is not installed",
            where="segmenter hpacellseg",
            expected="a checkout of HPA-Cell-Segmentation on the Python path",
            advice="use segmenter dpn-unet, which runs the same networks",
        )
    # Imported here, as it is needed by few.
    from models.segmenters.hpacellseg.hpacellseg_segmenter import HpaCellSegSegmenter

    return HpaCellSegSegmenter(er=options.er)


def _make_cellpose(options: SegmenterOptions) -> Segmenter:
    # Imported here, as it is needed by few.
    from models.segmenters.cellpose.make import make_cellpose

    return make_cellpose(options.cellpose, options.runtime, _make_lite(options), exact=options.exact)


def _make_classical(options: SegmenterOptions) -> Segmenter:
    _refuse_runtime("classical", options)
    return ClassicalSegmenter()


def _refuse_runtime(name: str, options: SegmenterOptions) -> None:
    if options.runtime != ANY_RUNTIME:
        raise InputError(
            found=f"runtime {options.runtime} for segmenter {name}, which runs no network of ours",
            where="setting segment.runtime",
            expected=ANY_RUNTIME,
            advice="leave the runtime out, or use another segmenter",
        )


def _weights_names(er: bool) -> tuple[str, str]:
    return NUCLEI_WEIGHTS, CELL_WEIGHTS[er]


def _missing_weights(er: bool) -> list[str]:
    return [name for name in _weights_names(er) if find_weights(name) is None]


_NEED_RED = ("dpn-unet", "hpacellseg")

SEGMENTERS: dict[str, Callable[[SegmenterOptions], Segmenter]] = {
    "dpn-unet": _make_dpn_unet,
    "lite": _make_lite,
    "classical": _make_classical,
    "hpacellseg": _make_hpacellseg,
    "cellpose": _make_cellpose,
}
"""What makes each segmenter, by its name."""

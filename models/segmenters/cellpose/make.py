"""The segmenter cellpose, made of what this machine has."""

from typing import Literal

from data.errors import InputError
from models.device import uses_bfloat16
from models.runtimes.names import AUTO, CPU, resolve_runtime
from models.segmenters.cellpose.cellpose_segmenter import CellposeSegmenter
from models.segmenters.cellpose.package import choose_model, require_cellpose
from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.cellpose.weights import stored_path
from models.segmenters.segmenter import Segmenter
from models.segmenters.weights.store import weights_hash

HASH_LENGTH = 16


def make_cellpose(settings: CellposeSettings, runtime: str, nuclei: Segmenter, *, exact: bool) -> Segmenter:
    """Make the segmenter; its networks are loaded when it is used.

    Parameters
    ----------
    settings
        Network, diameter and thresholds.
    runtime
        As for `models.runtimes.names.resolve_runtime`; only those of torch can run a network of cellpose.
    nuclei
        Finds the nuclei.
    exact
        Label cells at full size.

    Raises
    ------
    InputError
        The package or the weights are missing, or the runtime cannot run the network.
    """
    version, model = require_cellpose(), choose_model(settings.model)
    device, precision = _choose_device(runtime, model)
    path = stored_path(model)
    content = weights_hash(path)[:HASH_LENGTH]
    return CellposeSegmenter(
        model,
        version,
        path,
        content,
        nuclei,
        device=device,
        precision=precision,
        settings=settings,
        exact=exact,
    )


def _choose_device(runtime: str, model: str) -> tuple[Literal["cpu", "cuda"], Literal["float32", "bfloat16"]]:
    """Return where and in what a network is run; a GPU runs cpsam in bfloat16, as cellpose does."""
    resolved = resolve_runtime(runtime)
    if runtime == AUTO and resolved != "cuda":
        resolved = "torch-bfloat16" if uses_bfloat16("auto", CPU) else "torch"
    is_unet = model == "cyto3"
    usable = ["auto", "torch", "cuda"] + ([] if is_unet else ["torch-bfloat16"])
    if runtime not in usable:
        raise InputError(
            found=f"runtime {runtime} for cellpose's {model}",
            where="setting segment.runtime",
            expected=" or ".join(usable),
            advice="leave the runtime out",
        )
    half = not is_unet and resolved in ("cuda", "torch-bfloat16")
    return "cuda" if resolved == "cuda" else "cpu", "bfloat16" if half else "float32"

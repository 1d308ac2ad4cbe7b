"""What the parts of the published DPN-UNet are called there, and what they are called here."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from models.segmenters.dpn_unet.dpn92_stages import STAGES

Value = TypeVar("Value")

WRAPPER = "module."
"""Before every published name where the network was saved within ``DataParallel``."""

_CONVOLUTION = ("weight", "bias")
_NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def published_names() -> dict[str, str]:
    """Return our name for every published name of a state dict's entry, in the published order."""
    names = {}
    for published, ours, leaves in _parts():
        names.update({f"{published}.{leaf}": f"{ours}.{leaf}" for leaf in leaves})
    return names


def rename_published(state: Mapping[str, Value]) -> dict[str, Value]:
    """Rename the entries with published names, with or without `WRAPPER`; all others keep theirs.

    Parameters
    ----------
    state
        Whatever belongs to each name.
    """
    names = published_names()
    return {names.get(name.removeprefix(WRAPPER), name): value for name, value in state.items()}


def _parts() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Return published name, our name and entries of every layer, in the published order."""
    depth = len(STAGES)
    for number in range(depth):
        yield f"bottlenecks.{number}.seq.0", f"levels.{number}.merge.convolution", _CONVOLUTION
    for number in range(depth):
        # Numbered there from the shallowest, unlike the bottlenecks.
        ours = f"levels.{depth - 1 - number}.refine.convolution"
        yield f"decoder_stages.{number}.layer.1", ours, _CONVOLUTION
    yield "last_upsample.layer.1", "refine.convolution", _CONVOLUTION
    yield "final.0", "classify", _CONVOLUTION
    yield "encoder_stages.0.0", "encoder.stem.convolution", ("weight",)
    yield "encoder_stages.0.1", "encoder.stem.norm", _NORM
    for number, stage in enumerate(STAGES):
        # There, the pooling is the first part of the first stage.
        first = 1 if number == 0 else 0
        for block in range(stage.blocks):
            published = f"encoder_stages.{number + 1}.{first + block}"
            ours = f"encoder.stages.{number}.{block}"
            if block == 0:
                yield from _norm_convolution(f"{published}.c1x1_w_s{stage.stride}", f"{ours}.shortcut")
            yield from _norm_convolution(f"{published}.c1x1_a", f"{ours}.reduce")
            yield from _norm_convolution(f"{published}.c3x3_b", f"{ours}.transform")
            yield from _norm_convolution(f"{published}.c1x1_c", f"{ours}.expand")
    yield f"encoder_stages.{depth}.{STAGES[-1].blocks}.bn", "encoder.last_norm", _NORM


def _norm_convolution(published: str, ours: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    yield f"{published}.bn", f"{ours}.norm", _NORM
    yield f"{published}.conv", f"{ours}.convolution", ("weight",)

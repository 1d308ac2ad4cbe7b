"""The entries of cellpose's networks, by which their files are checked before cellpose sees them.

cellpose itself takes a file that lacks entries without a word, and leaves random numbers in their place.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from models.weights.layout import Shape, check_entries

STYLE = 256
"""Length of the style vector of the residual U-Net."""

LEVELS = (2, 32, 64, 128, 256)
"""Channels of its input and of its levels."""

BLOCKS, WIDTH, HEAD = 24, 1024, 64
"""Blocks of the vision transformer (SAM's ViT-L), its channels, and those of one head of its attention."""

DIAMETER_PX = 30
"""The diameter to which images of cells were scaled in the training of all these networks."""

GLOBAL_BLOCKS = (5, 11, 17, 23)
"""Blocks whose tables of relative positions are those of a whole image, not of a window."""

_NOT_NEEDED = ("diam_mean", "diam_labels", "num_batches_tracked")
"""Ends of the names of entries that files of older versions lack."""


def check_layout(where: Path, shapes: Mapping[str, Shape], model: str) -> list[str]:
    """Refuse entries that are not those of a network; return the names of entries that it does not have.

    Parameters
    ----------
    where
        The file that has them.
    shapes
        Shape of each entry.
    model
        cellpose's name of the network.

    Raises
    ------
    InputError
        Naming entries that are missing or of another shape.
    """
    expected = expected_shapes(model)
    needed = {name: shape for name, shape in expected.items() if name in shapes or not is_optional(name)}
    known = {name: shape for name, shape in shapes.items() if name in expected}
    advice = f"take the file {model} that `hpacells weights list` names"
    check_entries(where, known, needed, f"cellpose's {model}", advice)
    return [name for name in shapes if name not in expected]


def expected_shapes(model: str) -> dict[str, Shape]:
    """Return the shape of every entry of a network, by cellpose's names."""
    return dict(_residual_unet() if model == "cyto3" else _vision_transformer())


def is_optional(name: str) -> bool:
    """Return whether cellpose predicts the same without an entry."""
    return name.endswith(_NOT_NEEDED)


def _residual_unet() -> Iterator[tuple[str, Shape]]:
    yield from _diameters()
    for level, (before, after) in enumerate(pairwise(LEVELS)):
        block = f"downsample.down.res_down_{level}"
        yield from _convolution(f"{block}.conv.conv_0", before, after)
        for number in (1, 2, 3):
            yield from _convolution(f"{block}.conv.conv_{number}", after, after)
        yield from _convolution(f"{block}.proj", before, after, side=1, place=1)
    upwards = (*LEVELS[1:], LEVELS[-1])
    for level, (after, before) in enumerate(pairwise(upwards)):
        block = f"upsample.up.res_up_{level}"
        yield from _convolution(f"{block}.conv.conv_0", before, after)
        for number in (1, 2, 3):
            yield from _convolution(f"{block}.conv.conv_{number}.conv", after, after)
            yield from _affine(f"{block}.conv.conv_{number}.full", (after, STYLE))
        yield from _convolution(f"{block}.proj", before, after, side=1, place=1)
    yield from _convolution("output", LEVELS[1], 3, side=1)


def _vision_transformer() -> Iterator[tuple[str, Shape]]:
    yield from _diameters()
    yield "W2", (192, 3, 8, 8)
    yield "encoder.pos_embed", (1, 32, 32, WIDTH)
    yield from _affine("encoder.patch_embed.proj", (WIDTH, 3, 8, 8))
    for number in range(BLOCKS):
        block = f"encoder.blocks.{number}"
        positions = 127 if number in GLOBAL_BLOCKS else 27
        yield f"{block}.attn.rel_pos_h", (positions, HEAD)
        yield f"{block}.attn.rel_pos_w", (positions, HEAD)
        yield from _affine(f"{block}.norm1", (WIDTH,))
        yield from _affine(f"{block}.attn.qkv", (3 * WIDTH, WIDTH))
        yield from _affine(f"{block}.attn.proj", (WIDTH, WIDTH))
        yield from _affine(f"{block}.norm2", (WIDTH,))
        yield from _affine(f"{block}.mlp.lin1", (4 * WIDTH, WIDTH))
        yield from _affine(f"{block}.mlp.lin2", (WIDTH, 4 * WIDTH))
    yield "encoder.neck.0.weight", (256, WIDTH, 1, 1)
    yield from _affine("encoder.neck.1", (256,))
    yield "encoder.neck.2.weight", (256, 256, 3, 3)
    yield from _affine("encoder.neck.3", (256,))
    yield from _affine("out", (192, 256, 1, 1))


def _diameters() -> Iterator[tuple[str, Shape]]:
    yield "diam_mean", (1,)
    yield "diam_labels", (1,)


def _convolution(
    name: str, before: int, after: int, side: int = 3, place: int = 2
) -> Iterator[tuple[str, Shape]]:
    """Yield a normalisation of the input and a convolution, which is at a place of the same sequence."""
    for entry in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.0.{entry}", (before,)
    yield f"{name}.0.num_batches_tracked", ()
    yield from _affine(f"{name}.{place}", (after, before, side, side))


def _affine(name: str, weight: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", weight
    yield f"{name}.bias", weight[:1]

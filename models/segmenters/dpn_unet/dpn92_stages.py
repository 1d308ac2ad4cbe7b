"""The sizes of DPN-92, which are known without torch."""

from typing import NamedTuple

STEM_FEATURES = 64
"""Features at half the image's size."""


class StageShape(NamedTuple):
    """Size of one stage.

    Attributes
    ----------
    blocks
        Number of its blocks.
    inner
        Features within a block.
    added
        Features to which each block adds.
    appended
        Features that each block appends; the first one starts with twice as many more.
    stride
        Step of its first block.
    """

    blocks: int
    inner: int
    added: int
    appended: int
    stride: int

    @property
    def features(self) -> int:
        """Number of features that the stage hands on."""
        return self.added + (self.blocks + 2) * self.appended


STAGES = (
    StageShape(3, 96, 256, 16, 1),
    StageShape(4, 192, 512, 32, 2),
    StageShape(20, 384, 1024, 24, 2),
    StageShape(3, 768, 2048, 128, 2),
)
FEATURES = (STEM_FEATURES, *(stage.features for stage in STAGES))
"""Numbers of features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size."""

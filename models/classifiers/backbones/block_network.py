"""What backbones have in common whose blocks follow one another."""

from torch import Tensor, nn

from models.classifiers.backbones.network import Backbone


class BlockBackbone(Backbone):
    """A network of blocks in a row, each a stage and a layer of its own; parameters are those of `Backbone`.

    Attributes
    ----------
    blocks
        In order of depth; set by who derives from this.
    """

    blocks: nn.ModuleList

    @property
    def layers(self) -> int:
        """Number of blocks."""
        return len(self.blocks)

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map standardised tiles to what a block gives, from 1 on; 0 is the last."""
        flow = tiles
        for block in self.blocks[: layer or len(self.blocks)]:
            flow = block(flow)
        return flow

    def stages(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each block."""
        return [list(block.parameters()) for block in self.blocks]

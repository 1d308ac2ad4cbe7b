"""What `hpacells weights list` says of cellpose."""

from models.segmenters.cellpose.published import PublishedCellpose, read_published
from models.segmenters.cellpose.weights import find_cellpose_weights
from models.weights.blocks import format_block
from models.weights.origin import read_origin


def describe_cellpose_weights() -> str:
    """Describe all weights that can be used, a block each, as those of other segmenters are described."""
    return "\n".join(map(_describe, read_published().values()))


def _describe(published: PublishedCellpose) -> str:
    path = find_cellpose_weights(published.model)
    origin = read_origin(path) if path else None
    source = f"{published.model}, {published.url}; not downloaded, you bring it"
    checksum = "none is published"
    if origin:
        source += f", from {origin.source}"
        checksum = f"sha256:{origin.source_sha256} (not compared); kept as sha256:{origin.sha256}"
    return format_block(
        f"{published.network}: {'present' if path else 'not present'}",
        finds=f"{published.finds}; runs with cellpose {published.cellpose}",
        source=source,
        licence=published.licence,
        size=f"{path.stat().st_size / 1e6 if path else published.megabytes:.0f} MB",
        checksum=checksum,
    )

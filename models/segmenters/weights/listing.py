"""What `hpacells weights list` says."""

from pathlib import Path

from models.segmenters.lite.bundled import LITE_WEIGHTS
from models.segmenters.weights.catalogue import PublishedWeights, read_catalogue
from models.segmenters.weights.store import find_weights, weights_hash
from models.weights.blocks import format_block
from models.weights.origin import read_origin

OWN_LICENCE = "Apache-2.0"


def describe_weights() -> str:
    """Describe the weights of all segmenters, a block each: source, licence, size, checksum, present."""
    blocks = [_describe_published(published) for published in read_catalogue().values()]
    if LITE_WEIGHTS.is_file():
        blocks.append(_describe_bundled(LITE_WEIGHTS))
    return "\n".join(blocks)


def _describe_published(published: PublishedWeights) -> str:
    path = find_weights(published.name)
    origin = read_origin(path) if path else None
    source = f"{published.file}, https://doi.org/{published.doi}"
    licence, checksum = "see the record", "the record's, compared when fetched"
    if origin:
        source += f", from {origin.source}"
        licence = origin.licence or licence
        compared = f"as the record's {origin.source_checksum}" if origin.source_checksum else "not compared"
        checksum = f"sha256:{origin.source_sha256} ({compared})"
    if path:
        checksum += f"; converted sha256:{weights_hash(path)}"
    size = path.stat().st_size / 1e6 if path else published.megabytes
    return format_block(
        f"{published.name}: {'present' if path else 'not present'}",
        finds=published.finds,
        source=source,
        licence=licence,
        size=f"{size:.0f} MB",
        checksum=checksum,
    )


def _describe_bundled(path: Path) -> str:
    return format_block(
        "lite: present",
        finds="nuclei and cells",
        source="comes with hpacells",
        licence=OWN_LICENCE,
        size=f"{path.stat().st_size / 1e6:.1f} MB",
        checksum=f"sha256:{weights_hash(path)}",
    )

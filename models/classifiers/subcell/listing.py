"""What `hpacells weights list` says of SubCell."""

from models.classifiers.backbones.subcell.names import CHANNELS, SubCellName, list_names
from models.classifiers.backbones.subcell.store import WEIGHTS, is_fetched, subcell_folder
from models.classifiers.model_folder import read_training
from models.classifiers.subcell.catalogue import find_published, read_fact
from models.weights.blocks import format_block


def describe_subcell_weights() -> str:
    """Describe all published weights, a block each, as those of segmenters are described."""
    return "\n".join(map(_describe, list_names()))


def _describe(name: SubCellName) -> str:
    channels = ", ".join(CHANNELS[str(name.channel_set)])
    published, present = find_published(name), is_fetched(name)
    source = f"{published.encoder}, {read_fact('source')} ({read_fact('publication')})"
    size, checksum = read_fact("megabytes"), "none is published"
    if present:
        folder = subcell_folder(name)
        record = read_training(folder)
        source += f", from {record.get('source', 'an unknown place')}"
        size = (folder / WEIGHTS).stat().st_size / 1e6
        compared = record.get("compared") or []
        checksum = ", ".join(
            f"{file} sha256:{value} ({'compared' if file in compared else 'not compared'})"
            for file, value in record.get("sha256", {}).items()
        )
    return format_block(
        f"{name}: {'present' if present else 'not present'}",
        finds=f"31 patterns and embeddings, from {channels}; trained by {name.training}",
        source=source,
        licence=read_fact("licence"),
        size=f"{size:.0f} MB",
        checksum=checksum,
    )

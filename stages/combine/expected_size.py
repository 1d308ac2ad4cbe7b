"""How large a submission will be, told and compared with the free disk before it is written."""

import logging
import shutil
from pathlib import Path

from data.errors import InputError
from data.predictions.submission_table import is_compressed

log = logging.getLogger("hpacells")

_TOLD_BYTES = 10**9
_NUMBERS_BYTES = 14
"""Class number, confidence and blanks of a triple."""

_PACKED = 0.77
"""What compression leaves of a mask string, which is base64 of compressed bytes already."""

_SURE = 1.1
"""How much larger than the free disk the expected size has to be, since it is estimated."""


def tell_size(path: Path, triples: int, cells: int, mask_bytes: float) -> None:
    """Log how large a submission will be, where it is large.

    Parameters
    ----------
    path
        The submission.
    triples, cells
        How many triples are written, of how many cells.
    mask_bytes
        Characters of a mask string on average.

    Raises
    ------
    InputError
        There is not as much room on its disk, even if compression leaves each mask once.
    """
    plain = triples * (mask_bytes + _NUMBERS_BYTES)
    least = _PACKED * mask_bytes * cells if is_compressed(path) else plain
    free = shutil.disk_usage(_existing(path.absolute().parent)).free
    if least > free * _SURE:
        raise InputError(
            found=f"about {_format(least)} to write, and {_format(free)} free on the disk",
            where=path,
            expected="room for the submission",
            advice="free some, give --output on another disk or ending in .csv.zst, which is compressed, or "
            "write fewer classes of a cell (--set combine.max_classes=3)",
        )
    if plain < _TOLD_BYTES:
        return
    if is_compressed(path):
        log.info("combine: from %s to %s to write, %s free", *map(_format, (least, _PACKED * plain, free)))
        return
    log.info(
        "combine: about %s to write, %s free: each mask is repeated for %.1f classes; smaller with "
        "--set combine.max_classes=3, or with an --output that ends in .csv.zst",
        _format(plain),
        _format(free),
        triples / max(1, cells),
    )


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _format(size: float) -> str:
    return f"{size / 1e9:.1f} GB"

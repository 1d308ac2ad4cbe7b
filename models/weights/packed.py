"""Files that are packed with xz, as archives keep them."""

import lzma
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError

SUFFIX = ".xz"

BLOCK_BYTES = 1 << 20


@contextmanager
def unpacked(source: Path, folder: Path) -> Iterator[Path]:
    """Yield the file itself, or where it is packed with xz an unpacked copy for as long as the block lasts.

    Parameters
    ----------
    source
        Any file; one whose name ends in .xz is unpacked, a block at a time.
    folder
        Where the copy is put, as temporary folders may be too small.

    Raises
    ------
    InputError
        The packed file is missing, damaged or cut off.
    """
    if source.suffix != SUFFIX:
        yield source
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacked-") as temporary:
        copy = Path(temporary) / source.stem
        try:
            with lzma.open(source) as reading, copy.open("wb") as writing:
                shutil.copyfileobj(reading, writing, BLOCK_BYTES)
        except FileNotFoundError:
            raise InputError(found="no such file", where=source) from None
        except (lzma.LZMAError, EOFError) as error:
            raise InputError(
                found=f"cannot be unpacked ({error})", where=source, expected="a whole xz file"
            ) from None
        yield copy

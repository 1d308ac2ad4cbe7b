"""Whether a TIFF is whole, where the library that decodes it would read less without a word."""

import struct

import tifffile

_SILENT = frozenset({6, 7, 22610, 34934})
"""Compressions (JPEG, JPEG XR) whose decoders fill what is missing with grey and carry on."""

_DESCRIPTION = 270
_JPEG = 7
_END_OF_JPEG = b"\xff\xd9"
_SEARCHED_BYTES = 1024


def check_pages(tiff: tifffile.TiffFile) -> None:
    """Check that the chain of pages ends where it should: of a cut file, further pages are not there.

    Raises
    ------
    ValueError
        There is no page, the place of a further one lies beyond the end of the file, or ImageJ's description
        names more planes than there are; or the description itself is not there.
    """
    size = tiff.filehandle.size
    if not len(tiff.pages):
        message = f"no page in {size} bytes"
        raise ValueError(message)
    codes, _ = _read_directory(tiff, tiff.pages.first.offset)
    if _DESCRIPTION in codes and _DESCRIPTION not in tiff.pages.first.tags:
        # Where the library leaves it out, a file of channels passes for one of slices.
        message = f"its description is not in the {size} bytes"
        raise ValueError(message)
    _, place = _read_directory(tiff, tiff.pages[-1].offset)
    # Files of over 4 GiB of some makers (LSM, STK, NDPI) keep the lower half of a place alone.
    if place >= size and size < 2**32:
        message = f"the next page is at byte {place} of {size}"
        raise ValueError(message)
    planes = int((tiff.imagej_metadata or {}).get("images", 1)) if tiff.is_imagej else 1
    first = tiff.pages.first
    if planes > len(tiff.pages) and first.dataoffsets:
        # ImageJ's own large files have one page, and their planes follow each other.
        needed = first.dataoffsets[0] + planes * first.nbytes
        if first.compression == 1 and needed > size:
            message = f"{planes} planes need {needed} bytes, of which {size} are there"
            raise ValueError(message)


def check_segments(page: tifffile.TiffPage) -> None:
    """Check that the strips or tiles of a page are whole, where their decoder would not notice.

    Raises
    ------
    ValueError
        One of them reaches beyond the end of the file, or is a JPEG without its end.
    """
    if int(page.compression) not in _SILENT:
        return
    file = page.parent.filehandle
    for number, (start, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=False)):
        if start + count > file.size:
            message = f"strip or tile {number} ends at byte {start + count} of {file.size}"
            raise ValueError(message)
        if count and int(page.compression) == _JPEG:
            tail = min(count, _SEARCHED_BYTES)
            file.seek(start + count - tail)
            if _END_OF_JPEG not in file.read(tail):
                message = f"strip or tile {number}: no end-of-image marker"
                raise ValueError(message)


def _read_directory(tiff: tifffile.TiffFile, offset: int) -> tuple[set[int], int]:
    """Return the codes of the tags of the page at an offset, and where the next is said to be, 0 for none."""
    file, layout = tiff.filehandle, tiff.tiff
    file.seek(offset)
    (count,) = struct.unpack(layout.tagnoformat, file.read(layout.tagnosize))
    tags = file.read(count * layout.tagsize)
    starts = range(0, len(tags) - 1, layout.tagsize)
    codes = {struct.unpack_from(f"{layout.byteorder}H", tags, start)[0] for start in starts}
    place = file.read(layout.offsetsize)
    return codes, int.from_bytes(place, "little" if layout.byteorder == "<" else "big")

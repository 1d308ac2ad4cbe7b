"""Submissions of small images, their masks encoded by pycocotools."""

import base64
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

HEADER = "ID,ImageWidth,ImageHeight,PredictionString\n"


def encode(mask: np.ndarray) -> str:
    """Encode a mask (H, W) as the competition's example does."""
    counts = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"]
    return base64.b64encode(zlib.compress(counts, 9)).decode()


def encode_row_major(mask: np.ndarray) -> str:
    """Encode a mask (H, W) with its pixels numbered along the rows, as a mistaken notebook does."""
    return encode(np.ascontiguousarray(mask).reshape(mask.shape[::-1]).T)


def pack(counts: bytes) -> str:
    """Encode counts bytes, whatever they are."""
    return base64.b64encode(zlib.compress(counts, 9)).decode()


def disc(centre: tuple[float, float], radius: float, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    """Draw a disc: (H, W) bool."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(y - centre[0], x - centre[1]) < radius


def write(path: Path, rows: Iterable[str]) -> Path:
    """Write rows below the header."""
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path

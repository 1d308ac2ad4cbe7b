"""Near duplicates among images: a perceptual hash of all channels, and which images have nearly the same.

Zhang et al. 2021 removed some 6,000 near duplicates from their training images by image hashing.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from data.components import label_components

_SIDE = 32
_FREQUENCIES = 8
_NOISE = 0.25
_BLOCK = 16, 8192


def hash_image(image: NDArray[np.uint8]) -> str:
    """Hash an image so that copies that were rescaled, packed, blurred or made brighter get nearly its hash.

    Of each channel, shrunk to 32 px by averaging, the lowest 8 x 8 frequencies of the discrete cosine
    transform but the mean give 63 bits: 1 where a coefficient is above 0. Coefficients as small as noise
    (0.25 grey values of the shrunk image) count as 0, so that an empty channel has no bits in any copy. One
    hash of a grey picture, as libraries make it, would mix up the channels and let noise decide these bits.

    Parameters
    ----------
    image
        (4, H, W) uint8, R G B Y, of any size.

    Returns
    -------
    str
        64 hexadecimal digits, 16 a channel; empty for an image in which no channel shows anything.
    """
    bits = np.zeros((len(image), _FREQUENCIES**2), bool)
    for channel, plane in enumerate(image):
        # Floats, because shrinking in grey values would round a dim channel away.
        small = cv2.resize(plane.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        bits[channel] = cv2.dct(small)[:_FREQUENCIES, :_FREQUENCIES].ravel() > _NOISE
        bits[channel, 0] = False
    return np.packbits(bits).tobytes().hex() if bits.any() else ""


def pack_hashes(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Return the bits of n hashes as ``hash_image`` gives them, (n, 4); none for an empty one."""
    known = np.flatnonzero([bool(text) for text in hashes])
    packed = np.zeros((len(hashes), 4), np.uint64)
    packed[known] = np.frombuffer(bytes.fromhex("".join(hashes)), ">u8").reshape(len(known), 4)
    return packed


def find_near_duplicates(hashes: NDArray[np.uint64], distance: int) -> NDArray[np.intp]:
    """Find the clusters of images whose hashes differ in at most ``distance`` bits, directly or in a chain.

    All pairs are compared, in blocks: 100,000 images take half a minute and some 20 MB.

    Parameters
    ----------
    hashes
        (n, 4) as ``pack_hashes`` gives them; one without a bit is like no other.
    distance
        Bits of 256 in which near duplicates may differ; copies differ in few, other images in some hundred.

    Returns
    -------
    ndarray (n,)
        The number of each image's cluster, 0 and up.
    """
    known = np.flatnonzero(hashes.any(axis=1))
    # A channel a row; nuclei come first: seldom missing, they tell most pairs apart at once.
    words = np.ascontiguousarray(np.roll(hashes[known], -2, axis=1).T)
    pairs = np.concatenate([np.empty((2, 0), np.intp), *_find_pairs(words, distance)], axis=1)
    one, other = known[pairs]
    return label_components(len(hashes), one, other)


def _find_pairs(words: NDArray[np.uint64], distance: int) -> Iterator[NDArray[np.intp]]:
    """Yield (2, k) pairs of columns of ``words`` (4, n) that differ in at most so many bits."""
    rows, columns = _BLOCK
    count = words.shape[1]
    for top in range(0, count, rows):
        for left in range(top, count, columns):
            block = words[0, top : top + rows, None] ^ words[0, None, left : left + columns]
            near = np.bitwise_count(block) <= distance
            if not near.any():
                continue
            one, other = np.nonzero(near)
            one, other = one + top, other + left
            bits = np.bitwise_count(words[:, one] ^ words[:, other]).sum(axis=0)
            chosen = (bits <= distance) & (one < other)
            yield np.stack([one[chosen], other[chosen]])

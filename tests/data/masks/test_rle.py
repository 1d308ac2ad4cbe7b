import base64
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pycocotools import mask as coco

from data.errors import InputError
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask, decode_runs, encode_label_image, encode_mask

EMPTY_2048 = "eNoLCAgIMAEABJkBdQ=="


def encode_with_pycocotools(mask: np.ndarray) -> str:
    counts = coco.encode(np.asfortranarray(mask, dtype=np.uint8))["counts"]
    return base64.b64encode(zlib.compress(counts, 9)).decode()


def pack(counts: bytes) -> str:
    return base64.b64encode(zlib.compress(counts, 9)).decode()


@st.composite
def label_images(draw: st.DrawFn) -> np.ndarray:
    """Noise, where every pixel is another cell, or boxes over each other; thin, empty and full ones, too."""
    shape = draw(st.tuples(st.integers(1, 30), st.integers(1, 30)))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]))
    if draw(st.booleans()):
        return draw(npst.arrays(dtype, shape, elements=st.integers(0, draw(st.integers(0, 12)))))
    labels = np.zeros(shape, dtype)
    for cell in draw(st.lists(st.integers(0, 12), max_size=8)):
        (y0, y1), (x0, x1) = (sorted(draw(st.tuples(*[st.integers(0, side)] * 2))) for side in shape)
        labels[y0:y1, x0:x1] = cell
    return labels


@given(label_images())
def test_every_cell_is_encoded_as_pycocotools_does(labels: np.ndarray) -> None:
    strings = encode_label_image(labels)
    assert strings == [encode_with_pycocotools(labels == cell) for cell in range(1, int(labels.max()) + 1)]


@given(label_images())
def test_decoding_gives_the_mask_back(labels: np.ndarray) -> None:
    for cell, string in enumerate(encode_label_image(labels), start=1):
        mask = decode_mask(string, *labels.shape)
        assert mask.dtype == bool
        assert np.array_equal(mask, labels == cell)


@given(npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_one_mask_is_encoded_as_pycocotools_does(mask: np.ndarray) -> None:
    assert encode_mask(mask) == encode_with_pycocotools(mask)
    assert encode_mask(mask.astype(np.uint8) * 200) == encode_with_pycocotools(mask)


@pytest.mark.parametrize("order", ["C", "F"])
def test_thousands_of_cells(order: str) -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat(np.repeat(rng.permutation(4800).reshape(60, 80), 5, 0), 4, 1).astype(np.uint16)
    labels[rng.random(labels.shape) < 0.1] = 0
    strings = encode_label_image(np.asarray(labels, order=order))
    assert len(strings) == 4799
    for cell in (1, 2, 777, 2400, 4798, 4799):
        assert strings[cell - 1] == encode_with_pycocotools(labels == cell)


def test_rows_wider_than_are_compared_at_a_time() -> None:
    labels = np.zeros((5, 2**18 + 7), np.uint8)
    labels[1:3, 100:] = 1
    labels[4, :50] = 2
    assert encode_label_image(labels) == [encode_with_pycocotools(labels == cell) for cell in (1, 2)]


def test_a_view_of_a_larger_image() -> None:
    labels = np.random.default_rng(0).integers(0, 4, (50, 60), dtype=np.uint8)[3:47:2, 50:4:-1]
    assert encode_label_image(labels) == [encode_with_pycocotools(labels == cell) for cell in (1, 2, 3)]


@pytest.mark.parametrize(
    ("string", "width", "height", "area"),
    [
        (EMPTY_2048, 2048, 2048, 0),
        ("eNoLCAjJNgIABNkBkg==", 1728, 1728, 0),
        ("eNoLCAgIsAQABJ4Beg==", 3072, 3072, 0),
        ("eNqLi8xJM7BOTjS08DT2NfI38DfyM/Q3NMAJgJJ+RkBs7JecF5tnAADw+Q9I", 1118, 1600, 663),
        ("eNqLiYrLN7DNCjDMMIj0N/Iz9DcwBEIDfyN/QyA2AAsBRfxMPcKTA1MMADVADIo=", 1600, 1066, 583),
    ],
)
def test_examples_that_kaggle_published(string: str, width: int, height: int, area: int) -> None:
    mask = decode_mask(string, height, width)
    assert mask.shape == (height, width)
    assert mask.sum() == area
    assert encode_mask(mask) == string


def test_an_image_without_cells_or_pixels() -> None:
    assert encode_label_image(np.zeros((4, 3), np.uint16)) == []
    assert encode_label_image(np.zeros((0, 3), np.uint16)) == []
    with pytest.raises(InputError, match="0 pixels"):
        encode_mask(np.zeros((0, 3), bool))


@pytest.mark.parametrize("number", [-1, 65_536])
def test_numbers_that_are_no_cells(number: int) -> None:
    with pytest.raises(InputError, match=f"the number {number}"):
        encode_label_image(np.array([[0, number, 3]]))


def test_runs_without_the_image_size() -> None:
    assert decode_runs(encode_mask(np.array([[0, 1], [0, 1], [1, 1]]))).tolist() == [2, 4]
    assert decode_runs(EMPTY_2048).tolist() == [2048 * 2048]


@pytest.mark.parametrize(
    ("string", "found"),
    [
        ("€", "not base64"),
        ("abc", "not base64"),
        ("ab cd", "not base64"),
        ("abcd", "not zlib-compressed"),
        ("", "cut off"),
        (pack(b"4")[:-4], "cut off"),
        (base64.b64encode(zlib.compress(b"4") + b"more").decode(), "bytes after its end"),
        (pack(b"4P"), "not COCO run lengths"),
        (pack(b"5"), "add up to 5 pixels; expected 4"),
        (pack(b""), "add up to 0 pixels; expected 4"),
    ],
)
def test_faulty_strings(string: str, found: str) -> None:
    with pytest.raises(InputError, match=f"^image a: .*{found}"):
        decode_mask(string, 2, 2, where="image a")


def test_an_error_quotes_the_beginning_of_the_string() -> None:
    with pytest.raises(InputError, match=r"^mask eNoLCAgIMAEABJkB\.\.\.: .* 4194304 .*expected 12"):
        decode_runs(EMPTY_2048, 12)


@given(st.binary(max_size=60))
def test_no_bytes_crash_the_decoder(content: bytes) -> None:
    for string in (base64.b64encode(content).decode(), content.decode("latin1"), pack(content)):
        try:
            runs = decode_runs(string, 64)
        except InputError:
            continue
        assert runs.sum() == 64


@pytest.mark.parametrize("pixels", [100, None])
def test_a_small_string_that_unpacks_to_much_is_refused(pixels: int | None) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join([packer.compress(bytes(2**20)) for _ in range(80)]) + packer.flush()
    string = base64.b64encode(bomb).decode()
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="far more than a mask"):
            decode_runs(string, pixels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (2**20 if pixels else 2**28)


@pytest.mark.parametrize("characters", [b"0", b"1", b"01", b"o0"])
def test_runs_without_end_are_refused_in_little_memory(characters: bytes) -> None:
    string = pack(characters * (2**23 // len(characters)))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="add up to|run length"):
            decode_runs(string, 2048 * 2048)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


def test_an_image_larger_than_any_mask() -> None:
    with pytest.raises(InputError, match="an image of 4294967296 pixels; expected at most 4294967295"):
        decode_runs(EMPTY_2048, 2**32)


def test_masks_of_real_fields(shared) -> None:
    paths = sorted((shared / "hpa" / "reference_masks").glob("*.png"))
    assert len(paths) == 4
    for path in paths:
        labels = read_label_image(path)
        strings = encode_label_image(labels)
        for cell in (1, len(strings)):
            assert strings[cell - 1] == encode_with_pycocotools(labels == cell)

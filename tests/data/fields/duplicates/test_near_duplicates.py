from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cells.precropped.precropped_index import PrecroppedIndex
from data.fields.duplicates.near_duplicates import find_near_duplicates, hash_image, pack_hashes
from data.fields.image_folder import find_fields
from data.images.grey_levels import to_uint8
from data.simulate.field import simulate_set_field
from data.simulate.field_settings import FieldSettings
from data.training.training_set import DataSettings

DISTANCE = DataSettings().duplicate_distance


def differ(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.fixture(scope="module")
def fields() -> list[np.ndarray]:
    settings = FieldSettings(shape=(240, 300), pixel_size_um=0.25)
    return [to_uint8(simulate_set_field(number, settings).image) for number in range(4)]


def pack(plane: np.ndarray) -> np.ndarray:
    _, packed = cv2.imencode(".jpg", plane, (cv2.IMWRITE_JPEG_QUALITY, 50))
    return cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)


def copies(image: np.ndarray) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    planes = {
        "half": [cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for plane in image],
        "odd size": [cv2.resize(plane, (333, 301), interpolation=cv2.INTER_LINEAR) for plane in image],
        "blurred": [cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in image],
        "noisy": [np.clip(plane + random.normal(0, 3, plane.shape), 0, 255) for plane in image],
        "packed": [pack(plane) for plane in image],
        "gains": [
            np.minimum(plane * gain, 255) for plane, gain in zip(image, (0.6, 1.3, 0.8, 1.1), strict=True)
        ],
    }
    return {name: np.stack(copy).astype(np.uint8) for name, copy in planes.items()}


def test_copies_have_nearly_the_same_hash(fields: list[np.ndarray]) -> None:
    for image in fields:
        for name, copy in copies(image).items():
            assert differ(hash_image(image), hash_image(copy)) <= DISTANCE, name


def test_other_fields_have_other_hashes(fields: list[np.ndarray]) -> None:
    hashes = [hash_image(image) for image in fields]
    distances = [differ(one, other) for one in hashes for other in hashes if one != other]
    assert len(distances) == 12
    assert min(distances) > 4 * DISTANCE


def test_another_protein_in_the_same_cells_is_no_copy(fields: list[np.ndarray]) -> None:
    image = fields[0].copy()
    image[1] = fields[1][1]
    assert differ(hash_image(image), hash_image(fields[0])) > DISTANCE


def test_an_empty_channel_has_no_bits(fields: list[np.ndarray]) -> None:
    image = fields[0].copy()
    image[1] = np.random.default_rng(0).random(image[1].shape) < 0.1
    text = hash_image(image)
    assert text[16:32] == "0" * 16
    assert text[:16] + text[32:] == hash_image(fields[0])[:16] + hash_image(fields[0])[32:]
    assert hash_image(np.zeros_like(image)) == ""


@given(
    st.lists(st.one_of(st.just(""), st.integers(1, 2**20).map("{:064x}".format)), max_size=30),
    st.integers(0, 6),
)
def test_clusters_like_comparing_pair_by_pair(hashes: list[str], distance: int) -> None:
    expected = list(range(len(hashes)))
    for one, first in enumerate(hashes):
        for other, second in enumerate(hashes):
            if first and second and differ(first, second) <= distance:
                kept, gone = sorted((expected[one], expected[other]))
                expected = [kept if cluster == gone else cluster for cluster in expected]
    found = find_near_duplicates(pack_hashes(hashes), distance)
    assert (
        len(set(zip(found.tolist(), expected, strict=True))) == len(set(expected)) == len(set(found.tolist()))
    )


def test_blocks_hide_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    hashes = [random.bytes(32).hex() for _ in range(60)]
    hashes += hashes[:20]
    whole = find_near_duplicates(pack_hashes(hashes), 3)
    np.testing.assert_array_equal(whole[:20], whole[60:])
    assert len(set(whole.tolist())) == 60
    monkeypatch.setattr("data.fields.duplicates.near_duplicates._BLOCK", (3, 7))
    np.testing.assert_array_equal(find_near_duplicates(pack_hashes(hashes), 3), whole)


def test_real_fields_and_cells_all_differ(shared: Path) -> None:
    images = [to_uint8(field.read()) for field in find_fields(shared / "hpa/fields")]
    hashes = [hash_image(image) for image in images]
    hashes += [hash_image(cell.read()) for cell in [*PrecroppedIndex(shared / "hpa/cells/index.csv")][::3]]
    assert len(set(find_near_duplicates(pack_hashes(hashes), DISTANCE).tolist())) == len(hashes) == 4 + 138
    shrunk = cv2.resize(images[0].transpose(1, 2, 0), (512, 512), interpolation=cv2.INTER_AREA)
    assert differ(hash_image(shrunk.transpose(2, 0, 1)), hashes[0]) <= DISTANCE

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.channels import CHANNELS
from data.fields.fewer_channels.absent_channels import insert_absent


@given(st.permutations(CHANNELS), st.integers(1, 4), st.booleans())
def test_each_plane_is_where_its_channel_belongs(order, count: int, several: bool) -> None:
    channels = order[:count]
    shape = (3, count, 2, 5) if several else (count, 2, 5)
    image = np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)
    whole = insert_absent(image, channels)
    assert whole.shape == (*shape[:-3], 4, 2, 5)
    for place, channel in enumerate(CHANNELS):
        plane = whole[..., place, :, :]
        if channel in channels:
            np.testing.assert_array_equal(plane, image[..., channels.index(channel), :, :])
        else:
            assert not plane.any()


def test_an_image_with_all_channels_is_not_copied() -> None:
    image = np.ones((4, 2, 2), np.uint8)
    assert insert_absent(image, CHANNELS) is image

import numpy as np
import pytest

from data.plots.attention import draw_attention_scale, overlay_attention, spread_attention


@pytest.mark.parametrize(
    ("patches", "hot", "side"), [((28, 20), (3, 17), 16), ((5, 9), (4, 0), 16), ((4, 4), (1, 2), 7)]
)
def test_a_hot_patch_lands_at_its_pixels(patches: tuple, hot: tuple, side: int) -> None:
    attention = np.zeros(patches, np.float32)
    attention[hot] = 0.02
    height, width = patches[0] * side, patches[1] * side
    heat = spread_attention(attention, height, width)
    assert heat.shape == (height, width)
    assert heat.max() == pytest.approx(1, abs=0.02)
    # More than half of its weight inside of the patch alone, and none farther than the next but one.
    inside = np.zeros(heat.shape, bool)
    inside[hot[0] * side : (hot[0] + 1) * side, hot[1] * side : (hot[1] + 1) * side] = True
    assert (inside | (heat < 0.6)).all()
    assert (heat[inside] > 0.2).all()
    near = np.zeros(patches, bool)
    near[max(0, hot[0] - 2) : hot[0] + 3, max(0, hot[1] - 2) : hot[1] + 3] = True
    assert (heat[~near.repeat(side, 0).repeat(side, 1)] == 0).all()


def test_each_patch_has_its_own_weight_in_its_middle() -> None:
    random = np.random.default_rng(4)
    attention = random.uniform(0.1, 1, (6, 4)).astype(np.float32)
    heat = spread_attention(attention, 6 * 15, 4 * 15)
    np.testing.assert_allclose(heat[7::15, 7::15], attention / attention.max(), atol=1e-4)


def test_a_map_is_scaled_by_its_own_maximum() -> None:
    attention = np.random.default_rng(4).uniform(0, 1, (3, 3))
    heats = [spread_attention(attention * factor, 48, 48) for factor in (1, 1e-6)]
    np.testing.assert_allclose(*heats, atol=1e-5)
    assert not spread_attention(np.zeros((3, 3)), 48, 48).any()
    np.testing.assert_allclose(spread_attention(np.full((3, 3), 0.01), 48, 48), 1)


def test_only_the_middle_that_was_seen() -> None:
    heat = spread_attention(np.ones((2, 3)), 64, 96, seen=0.5)
    expected = np.zeros((64, 96))
    expected[16:48, 24:72] = 1
    np.testing.assert_allclose(heat, expected, atol=1e-6)


def test_the_overlay_is_grey_without_attention_and_yellow_at_its_maximum() -> None:
    image = np.zeros((4, 10, 20), np.uint8)
    image[2, :, :10] = 200
    heat = np.zeros((10, 20), np.float32)
    heat[5, 15] = 1
    picture = overlay_attention(image, heat)
    assert picture.shape == (10, 20, 3)
    assert picture[0, 0].tolist() == [140, 140, 140]
    assert picture[0, 19].tolist() == [0, 0, 0]
    red, green, blue = picture[5, 15].astype(int)
    assert red > 150
    assert green > 150
    assert blue < red - 50
    scale = draw_attention_scale(12, 100)
    assert scale.shape == (12, 100, 3)
    assert len(set(scale[0, 0].tolist())) == 1

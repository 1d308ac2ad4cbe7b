import numpy as np

from data.features.sampling import draw_evenly

CLASSES = np.repeat([0, 3, 7], [50, 4, 20])


def test_small_classes_leave_their_share_to_the_others() -> None:
    drawn = draw_evenly(CLASSES, 30, seed=1)
    assert len(set(drawn.tolist())) == 30
    assert (np.diff(drawn) > 0).all()
    assert np.bincount(CLASSES[drawn]).tolist() == [13, 0, 0, 4, 0, 0, 0, 13]


def test_seeds_and_more_than_there_are() -> None:
    np.testing.assert_array_equal(draw_evenly(CLASSES, 30, 1), draw_evenly(CLASSES, 30, 1))
    assert (draw_evenly(CLASSES, 30, 1) != draw_evenly(CLASSES, 30, 2)).any()
    np.testing.assert_array_equal(draw_evenly(CLASSES, 1000, 1), np.arange(74))
    assert draw_evenly(CLASSES[:0], 5, 1).tolist() == []

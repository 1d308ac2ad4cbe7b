from collections import Counter

import torch

from models.classifiers.inputs.channel_dropout import ChannelDropout


def test_each_number_of_channels_is_as_probable_and_only_optional_ones_are_left_out() -> None:
    torch.manual_seed(0)
    tiles = torch.rand(6000, 4, 1, 1) + 1
    out = ChannelDropout([0, 3]).train()(tiles)
    kept = out != 0
    assert kept[:, [1, 2]].all()
    # What is kept is not made brighter.
    torch.testing.assert_close(out[kept], tiles[kept])
    seen = Counter(map(tuple, kept[:, [0, 3]].flatten(1).tolist()))
    expected = {(True, True): 1 / 3, (False, False): 1 / 3, (True, False): 1 / 6, (False, True): 1 / 6}
    assert seen.keys() == expected.keys()
    for case, share in expected.items():
        assert abs(seen[case] / len(tiles) - share) < 0.02


def test_nothing_is_left_out_where_cells_are_predicted() -> None:
    tiles = torch.rand(8, 4, 2, 2)
    assert ChannelDropout([0, 3]).eval()(tiles) is tiles
    assert ChannelDropout([]).train()(tiles) is tiles

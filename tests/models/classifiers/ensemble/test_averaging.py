import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.predictions.called_classes import call_classes
from data.predictions.prediction_blocks import Block, BlocksInMemory
from data.rules.image_mean import average_with_image_mean
from models.classifiers.classifier import Architecture
from models.classifiers.ensemble.averaging import average_members
from models.classifiers.ensemble.members import Member

CLASSES = 19
COUNT = 200


def make_members() -> list[Member]:
    """Make two classifiers that share tiles, and one of smaller tiles."""
    architectures = [
        Architecture.model_validate(
            {
                "mode": "multi-label",
                "tiles": {"size": size},
                "normalisation": {"mean": [0.3] * 4, "deviation": [0.2] * 4},
                "backbone": {"name": "test_efficientnet", "pretrained": "none"},
                "head": {"embedding": 16},
            }
        )
        for size in (48, 32, 48)
    ]
    return [Member(Path(str(number)), one, None) for number, one in enumerate(architectures)]


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_parts_are_averaged_as_all_cells_at_once(weight: float) -> None:
    rng = np.random.default_rng(0)
    cells = pd.DataFrame(
        {
            "image_id": np.sort(rng.integers(0, 25, COUNT)).astype(str),
            "dropped": rng.choice(["", "", "too small"], COUNT),
        }
    ).sort_values("image_id", ignore_index=True)
    members, said, blocks = make_members(), rng.random((2, COUNT, CLASSES), np.float32), BlocksInMemory()
    embedding = rng.normal(size=(COUNT, 4)).astype(np.float16)
    for part, bounds in enumerate(([0, 3, 90, COUNT], [0, 150, COUNT])):
        for start, stop in itertools.pairwise(bounds):
            blocks.add(part, Block(said[part, start:stop], embedding[start:stop]))
    parts = [part for _, part in cells.groupby("image_id", sort=False)]
    averaged = list(average_members(members, blocks, parts, weight))

    total = np.minimum(said[0] * (2 / 3), 1)
    total = np.minimum(total + said[1] * (1 / 3), 1)
    images = pd.factorize(cells["image_id"])[0]
    expected = average_with_image_mean(total, images, weight, (cells["dropped"] == "").to_numpy())
    np.testing.assert_array_equal(np.concatenate([one.probabilities for one in averaged]), expected)
    np.testing.assert_array_equal(np.concatenate([one.embedding for one in averaged]), embedding)
    assert [label for one in averaged for label in one.labels] == call_classes(expected, 0.5)
    assert [len(one.cells) for one in averaged] == [len(part) for part in parts]


def test_fewer_predictions_than_cells() -> None:
    blocks, cells = BlocksInMemory(), pd.DataFrame({"image_id": ["a"] * 3, "dropped": ""})
    blocks.add(0, Block(np.zeros((2, CLASSES), np.float32), np.zeros((2, 0), np.float32)))
    with pytest.raises(ValueError, match="3 cells, 2 predictions"):
        list(average_members(make_members()[:1], blocks, [cells], 0.0))

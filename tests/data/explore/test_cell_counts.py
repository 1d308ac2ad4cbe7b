import numpy as np
import pandas as pd

from data.explore.cell_counts import count_cells
from data.explore.label_table import tabulate_labels
from data.labels.label_set import LabelSet

CLASSES = LabelSet(names=("a", "b", "c"))


def test_cells_of_each_image_and_class_against_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    labels = {f"i{row}": tuple(sorted(set(rng.integers(0, 3, 2).tolist()))) for row in range(8)}
    images = [*list(labels)[::-1], "unlabelled"]
    cells = pd.DataFrame(
        {"image_id": rng.choice(images[1:], 60), "dropped": rng.choice(["", "too small"], 60)}
    )
    counts = count_cells([cells[:25], cells[25:25], cells[25:]], images, tabulate_labels(labels, CLASSES))
    kept = [row.image_id for row in cells.itertuples() if row.dropped == ""]
    assert counts.per_image["image_id"].tolist() == images[:-1]
    for row in counts.per_image.itertuples():
        assert row.cells == kept.count(row.image_id)
        assert row.cells + row.dropped == cells["image_id"].tolist().count(row.image_id)
    assert counts.per_image["cells"].iloc[0] == 0
    for label in range(3):
        row = counts.per_class.loc[label]
        assert row["cells"] == sum(label in labels.get(image, ()) for image in kept)
        assert row["single_label_cells"] == sum(labels.get(image) == (label,) for image in kept)
    assert counts.total == len(counts.mark_cells()) == sum(image in labels for image in kept)
    np.testing.assert_array_equal(counts.mark_cells().sum(axis=0), counts.per_class["cells"])


def test_no_image_with_labels() -> None:
    cells = pd.DataFrame({"image_id": ["x"], "dropped": [""]})
    counts = count_cells([cells], ["x"], tabulate_labels({"a": (0,)}, CLASSES))
    assert counts.per_image.empty
    assert counts.mark_cells().shape == (0, 3)
    assert counts.per_class["cells"].tolist() == [0, 0, 0]

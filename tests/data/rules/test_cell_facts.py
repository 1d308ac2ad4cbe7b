import numpy as np
import pandas as pd
import pytest

from data.rules.cell_facts import collect_facts

TABLE = pd.DataFrame(
    {
        "image_id": ["a", "b"],
        "area_px": [400, 100],
        "nucleus_area_px": [100, 0],
        "border_fraction_inside": np.array([1, 0.5], np.float32),
        "mean_blue": np.array([0.1, 0.2], np.float32),
    }
)


def test_facts_of_cells() -> None:
    facts = collect_facts(TABLE, {"a": 0.1, "b": 0.2})
    assert facts.image_ids.tolist() == ["a", "b"]
    assert facts.areas == pytest.approx([4, 4])
    assert facts.fraction_inside == pytest.approx([1, 0.5])
    assert facts.nucleus_intensity[0] == pytest.approx(0.4)
    assert np.isnan(facts.nucleus_intensity[1])


def test_areas_are_of_one_unit() -> None:
    assert collect_facts(TABLE, {"a": 0.1}).areas == pytest.approx([400, 100])

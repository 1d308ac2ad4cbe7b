import pytest

from data.masks import run_budget
from data.masks.mask_error import MaskError
from data.masks.run_budget import RunBudget


def test_an_image_and_a_file_have_bounds_of_their_own(monkeypatch) -> None:
    monkeypatch.setattr(run_budget, "MAX_IMAGE_RUNS", 10)
    monkeypatch.setattr(run_budget, "MAX_FILE_RUNS", 20)
    budget = RunBudget()
    budget.spend(10, 0, "x")
    with pytest.raises(MaskError, match="x: .* those of the image unpack"):
        budget.spend(1, 0, "x")
    budget = RunBudget()
    for _ in range(2):
        budget.begin_image()
        budget.spend(10, 0, "x")
    budget.begin_image()
    budget.spend(10, 1, "x")
    budget.begin_image()
    with pytest.raises(MaskError, match="those of the file") as error:
        budget.spend(7, 0, "x")
    assert error.value.fault == "bomb"

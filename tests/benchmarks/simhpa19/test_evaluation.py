from pathlib import Path

import numpy as np
import pytest

from benchmarks.simhpa19.evaluation import (
    average_precisions,
    macro,
    mean_of_teams,
    measure_chance,
    rank_correlation,
)


def test_average_precision_of_the_classes_that_are_there() -> None:
    targets = np.zeros((4, 19), bool)
    targets[[0, 2], 3] = True
    targets[[1, 2], 7] = True
    probabilities = np.zeros((4, 19))
    probabilities[:, 3] = 0.9, 0.1, 0.8, 0.2
    probabilities[:, 7] = 0.9, 0.8, 0.1, 0.5
    precisions = average_precisions(probabilities, targets)
    # Class 7: right at ranks 2 and 4.
    assert precisions == {3: 1.0, 7: pytest.approx((1 / 2 + 2 / 4) / 2)}
    assert macro(precisions) == pytest.approx(0.75)


def test_chance_is_the_mean_share_of_a_class() -> None:
    random = np.random.default_rng(1)
    targets = random.random((3000, 19)) < np.linspace(0.05, 0.4, 19)
    targets[:, 5] = False
    predicted = targets + random.normal(0, 0.1, targets.shape)
    image_ids = np.repeat([f"image {n}" for n in range(1000)], 3)
    chance = measure_chance(predicted, targets, image_ids, permutations=20)
    assert chance.prevalence == pytest.approx(targets[:, np.arange(19) != 5].mean())
    assert chance.mean == pytest.approx(chance.prevalence, abs=0.02)
    assert chance.mean < chance.high < macro(average_precisions(predicted, targets))


def test_cells_of_an_image_leave_more_to_chance() -> None:
    random = np.random.default_rng(1)
    targets = np.zeros((600, 19), bool)
    targets[:, 0] = np.repeat(random.random(30) < 0.3, 20)
    predicted = np.zeros((600, 19))
    predicted[:, 0] = np.repeat(random.random(30), 20)
    single = np.array([f"{n}" for n in range(600)])
    together = np.repeat(single[:30], 20)
    apart, joint = (measure_chance(predicted, targets, ids, permutations=50) for ids in (single, together))
    assert joint.high - joint.mean > 2 * (apart.high - apart.mean)


def test_the_broken_teams_play_no_part(tmp_path: Path) -> None:
    rows = ["team,class_id,class,AP_all,AP_public,AP_private"]
    rows += [
        f"{team},{label},x,0,0,{value}"
        for team, label, value in (
            ("team_1", 0, 0.5),
            ("team_2", 0, 0.7),
            ("team_5", 0, 0.1),
            ("team_40", 0, 0.1),
            ("team_1", 1, 0.2),
        )
    ]
    path = tmp_path / "teams.csv"
    path.write_text("\n".join(rows))
    assert mean_of_teams(path) == {0: pytest.approx(0.6), 1: pytest.approx(0.2)}


def test_rank_correlation_over_the_classes_of_both() -> None:
    assert rank_correlation({0: 0.1, 1: 0.2, 2: 0.9, 3: 0.5}, {0: 0.3, 1: 0.4, 2: 0.5}) == (1.0, 3)
    assert rank_correlation({0: 0.1, 1: 0.2}, {0: 0.4, 1: 0.3})[0] == pytest.approx(-1)


def test_the_teams_of_kaggle(shared: Path) -> None:
    means = mean_of_teams(shared / "hpa/tables/kaggle_hpa_scc_2021_ap_by_team.csv")
    assert sorted(means) == list(range(19))
    assert all(0.1 < value < 0.9 for value in means.values())

import numpy as np
import pytest

from data.features.projection import Method, project
from data.plots.scatter import draw_scatter


@pytest.fixture
def groups() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 15)
    return random.normal(0, 0.3, (45, 8)) + 5 * np.eye(8)[classes], classes


@pytest.mark.parametrize("method", ["t-sne", "pca"])
def test_groups_stay_apart(groups, method: Method) -> None:
    values, classes = groups
    points = project(values, method, seed=1)
    assert points.shape == (45, 2)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (classes[distances.argmin(axis=1)] == classes).mean() > 0.95
    np.testing.assert_array_equal(points, project(values, method, seed=1))


def test_principal_components(groups) -> None:
    centred = groups[0] - groups[0].mean(axis=0)
    left, scales, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(project(groups[0], "pca", 1)), np.abs(left * scales)[:, :2], atol=1e-9)


def test_few_cells(groups) -> None:
    assert np.isfinite(project(groups[0][:10], "t-sne", 1)).all()


def test_a_picture(groups, tmp_path) -> None:
    path = tmp_path / "plane.png"
    draw_scatter(path, groups[0][:, :2], groups[1], ["a", "b" * 90, "c"], title="title", axis="t-SNE")
    assert path.read_bytes().startswith(b"\x89PNG")

"""The segmenter cellpose from the command line, with stand-ins for its published weights."""

import json
import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.segmenters.cellpose import package
from models.segmenters.cellpose.layout import expected_shapes
from models.segmenters.weights.store import weights_hash
from tests.factories.command_line import run_here
from tests.factories.environment import make_environment
from tests.factories.segmenters.known_flows import KnownFlows, stand_in_for_networks

ROOT = Path(__file__).parents[2]

CYTO3 = ("cellpose==3.1.1.2", "numpy==2.0.2")
"""The package that has cyto3, and the NumPy that it wants."""

ALL_SHAPES = ("--set", "segment.cellpose.flow_threshold=0")
"""The flows of the stand-in are right for round cells alone."""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two simulated fields of 400 px."""
    import hpacells as hpa

    folder = tmp_path / "images"
    folder.mkdir()
    for seed in (5, 6):
        image = hpa.simulate_field(seed=seed, size=400).image
        for name, plane in zip(("red", "green", "blue", "yellow"), image, strict=True):
            cv2.imwrite(str(folder / f"f{seed}_{name}.png"), plane)
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HPACELLS_WEIGHTS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def network(store: Path, monkeypatch: pytest.MonkeyPatch) -> KnownFlows:
    """A stand-in for the networks, to which nuclei are cells, and something in the place of their weights."""
    pytest.importorskip("cellpose")
    store.mkdir()
    for model in ("cyto3", "cpsam"):
        torch.save({"nothing": torch.zeros(1)}, store / f"cellpose_{model}.pth")
    known = stand_in_for_networks(monkeypatch)
    known.channel = -1
    return known


def test_lite_and_cellpose_are_compared(network: KnownFlows, images: Path, tmp_path: Path) -> None:
    words = ["segmenter", "compare", "lite", "cellpose", "--images", images, "--output", tmp_path / "out"]
    words += ALL_SHAPES
    run_here(*words)
    assert network.seen
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["a"], summary["b"]) == ("lite", "cellpose")
    assert summary["pooled"]["cells_b"] > 0
    assert "done before" in run_here(*words)
    # Another threshold asks it again, and nothing is a cell any more.
    assert "done before" not in run_here(*words, "--set", "segment.cellpose.cellprob_threshold=19")
    assert json.loads((tmp_path / "out/summary.json").read_text())["pooled"]["cells_b"] == 0


def test_fields_are_segmented_and_others_go_on(network: KnownFlows, images: Path, tmp_path: Path) -> None:
    for path in images.glob("f6_yellow.png"):
        path.unlink()
    (images / "f5_red.png").write_bytes(b"no image")
    words = ["segment", images, "--work", tmp_path / "work", "--segmenter", "cellpose"]
    message = run_here(*words, *ALL_SHAPES, "--set", "segment.er=no", status=2)
    assert "f5" in message
    segmented = json.loads((tmp_path / "work/segment.json").read_text())
    assert segmented["details"]["segmenter"].startswith("cellpose 1 (package ")
    cells = cv2.imread(str(tmp_path / "work/masks/f6_cells.png"), cv2.IMREAD_UNCHANGED)
    nuclei = cv2.imread(str(tmp_path / "work/masks/f6_nuclei.png"), cv2.IMREAD_UNCHANGED)
    assert cells.max() > 0
    np.testing.assert_array_equal(np.unique(nuclei), np.arange(cells.max() + 1))


def test_what_is_missing_is_one_line(
    store: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*words: object) -> str:
        message = run_here(*words, status=2)
        assert message.count("\n") == 1
        return message

    segment = ["segment", images, "--work", tmp_path / "work", "--segmenter", "cellpose"]
    monkeypatch.setattr(package, "find_version", lambda _: None)
    assert "the package cellpose is not installed" in refused(*segment)
    monkeypatch.setattr(package, "find_version", lambda _: "4.2.1.1")
    assert "weights fetch cellpose-cpsam_v2 --from DIR" in refused(*segment)
    assert "cellpose>=3.1.1,<4" in refused(*segment, "--set", "segment.cellpose.model=cyto3")
    assert "diameter_um" in refused(*segment, "--set", "segment.cellpose.diameter_um=0")
    assert "hpacells does not download" in refused("weights", "fetch", "cellpose-cpsam")
    assert "no file cyto3" in refused("weights", "fetch", "cellpose-cyto3", "--from", images)


@pytest.mark.slow
def test_random_weights_of_the_real_architecture(store: Path, images: Path, tmp_path: Path) -> None:
    """All the way from a file as it is published: cyto3 or cpsam, by which package is installed."""
    pytest.importorskip("cellpose")
    model = "cyto3" if package.require_cellpose().startswith("3") else "cpsam"
    random = torch.Generator().manual_seed(1)
    state = {
        name: torch.tensor(0) if shape == () else 0.02 * torch.rand(shape, generator=random)
        for name, shape in expected_shapes(model).items()
    }
    state["diam_mean"] = torch.tensor([30.0])
    torch.save(state, tmp_path / model)
    del state
    message = run_here("weights", "fetch", f"cellpose-{model}", "--from", tmp_path)
    assert "taken from" in message
    (tmp_path / model).unlink()
    run_here("segmenter", "compare", "lite", "cellpose", "--images", images, "--output", tmp_path / "out")
    compared = json.loads((tmp_path / "out/compare.json").read_text())
    assert weights_hash(store / f"cellpose_{model}.pth")[:16] in compared["inputs"]["b"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_of_this_with_cellpose_3_in_an_environment_of_its_own(tmp_path: Path) -> None:
    """Of its own are cellpose and NumPy; the rest is that of these tests."""
    if np.__version__ == "2.0.2":
        pytest.skip("this is that environment")
    packages = ["--no-deps", *CYTO3]
    executable, failure = make_environment(tmp_path / "environment", *packages, timeout=300)
    if failure:
        pytest.skip(f"{' '.join(CYTO3)} cannot be installed: {failure[-300:]}")
    words = [str(executable), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--basetemp"]
    words += [
        str(tmp_path / "inner"),
        "tests/models/segmenters/cellpose",
        "tests/end_to_end/test_cellpose.py",
    ]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=800,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "passed" in done.stdout

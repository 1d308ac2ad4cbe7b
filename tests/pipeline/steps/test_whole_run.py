"""The whole job in one process, on a tiny simulated set."""

import os
from collections import Counter
from pathlib import Path

import pytest

from pipeline.config.config import load_config
from pipeline.engines.local import LocalEngine
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.whole_run import Job, run_everything
from tests.factories.simulated_set import simulate_into

TINY = (
    "segment.segmenter=classical",
    "crops.min_area_um2=0",
    "train.device=cpu",
    "train.precision=float32",
    'train.start=""',
    "train.tiles.size=32",
    "train.backbone.name=test_efficientnet",
    "train.backbone.pretrained=none",
    "train.head.embedding=16",
    "train.schedule.epochs=1",
    "train.schedule.batch_size=8",
    "predict.runtime=torch",
)


@pytest.fixture
def listings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each folder is listed; ``os.walk`` and ``pathlib`` both ask for it this way."""
    counts: Counter[str] = Counter()
    for name in ("scandir", "listdir"):
        real = getattr(os, name)

        def listed(path: object = ".", real=real) -> object:
            if not isinstance(path, int):
                counts[os.fspath(path)] += 1
            return real(path)

        monkeypatch.setattr(os, name, listed)
    return counts


def test_the_image_folder_is_listed_once(tmp_path: Path, listings: Counter[str]) -> None:
    images, work = tmp_path / "images", WorkFolder(tmp_path / "work")
    simulate_into(images, fields=3, size=256, seed=5, single_fraction=1.0)
    job = Job(work, images, labels=images / "train.csv", truth=images / "truth.csv")
    listings.clear()
    manifests, summary = run_everything(job, load_config(None, TINY), LocalEngine(workers=1))
    assert listings[str(images)] == 1
    stages = ["segment", "crops", "train", "predict", "combine", "score", "inspect"]
    assert [manifest.stage for manifest in manifests] == stages
    assert not any(manifest.failures for manifest in manifests)
    assert (work.report / "index.html").is_file()
    assert "submission" in summary
    # One that finds all stages finished lists it once, too.
    listings.clear()
    run_everything(job, load_config(None, TINY), LocalEngine(workers=1))
    assert listings[str(images)] == 1

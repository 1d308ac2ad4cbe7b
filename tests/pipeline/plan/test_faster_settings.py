from pathlib import Path

import pytest

from pipeline.config.config import load_config
from pipeline.plan.faster_settings import list_faster
from pipeline.plan.stage_run import MeasuredRun, StageRun
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.whole_run import Job

CELLPOSE = "cellpose 1 (package 4.2.1.1), cpsam 12, cpu float32, nuclei by lite 1, weights 34, torch float32"


@pytest.mark.parametrize(
    ("segmenter", "labelling", "expected"),
    [
        (CELLPOSE, "exact", ["segment.labelling", "segment.segmenter"]),
        (CELLPOSE, "fast", ["segment.segmenter"]),
        ("classical 1", "fast", []),
    ],
)
def test_what_makes_a_segmenter_faster(segmenter: str, labelling: str, expected: list[str]) -> None:
    # Runtimes are of no use to it: OpenVINO cannot run its networks.
    config = load_config(None, [f"segment.labelling={labelling}", "segment.runtime=torch"])
    stage = StageRun("segment", 1.0, 0, 0, {}, (), {"segmenter": segmenter}, {})
    run = MeasuredRun((stage,), 1.0, {})
    found = list_faster(Job(WorkFolder(Path("work")), Path("images")), config, run)
    assert [name for one in found if one.stage == "segment" for name in one.values] == expected

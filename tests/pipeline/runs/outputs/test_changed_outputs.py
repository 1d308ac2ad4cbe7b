from pathlib import Path

import pytest

from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import Step, execute
from pipeline.runs.outputs.changed_outputs import find_changed_outputs
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport, StageSettings


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path)


def write(work: WorkFolder, stage: str, output: Path, text: str = "1") -> None:
    def run(_: str, __: Context) -> StageReport:
        output.write_text(text)
        return StageReport()

    step = Step(stage, work.manifest(stage), StageSettings(), {}, (output,), run)
    execute(step, LocalEngine(workers=1))


def test_cells_that_crops_completed_are_those_of_segment(work: WorkFolder) -> None:
    write(work, "segment", work.cells, "cells")
    write(work, "crops", work.cells, "cells with intensities")
    assert find_changed_outputs(work.manifest("segment")) == []
    work.cells.write_text("by hand")
    assert find_changed_outputs(work.manifest("segment")) == [work.cells]


def test_an_output_elsewhere_stays_as_it_is(work: WorkFolder, caplog) -> None:
    first = work.root / "first.csv"
    write(work, "combine", first)
    first.write_text("by hand")
    write(work, "combine", work.root / "second.csv")
    assert first.read_text() == "by hand"
    (work.root / "second.csv").unlink()
    write(work, "combine", work.root / "third.csv")
    assert "made again" not in caplog.text
    assert not (work.root / "changed").exists()


def test_an_output_by_another_name_is_kept_before_it_is_written_over(work: WorkFolder) -> None:
    output = work.root / "submission.csv"
    write(work, "combine", output)
    output.write_text("by hand")
    write(work, "combine", work.root / ".." / work.root.name / "submission.csv")
    assert output.read_text() == "1"
    assert [path.read_text() for path in (work.root / "changed").iterdir()] == ["by hand"]

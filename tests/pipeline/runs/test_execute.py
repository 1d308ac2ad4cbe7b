import json
import logging
import threading
import time
from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.engines.local import LocalEngine
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import read_manifest
from pipeline.runs.requirements import require
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, Failure, StageReport, StageSettings

ENGINE = LocalEngine(workers=1)


class Settings(StageSettings):
    value: int = 1


class Stage:
    """A stage that writes its value and counts how often it ran."""

    def __init__(self, work: WorkFolder, name: str = "segment") -> None:
        self.work, self.name, self.runs = work, name, 0
        self.failures: list[Failure] = []
        self.error: BaseException | None = None
        self.warning = ""

    def execute(self, value: int = 1, inputs: dict[str, str] | None = None) -> None:
        output = self.work.root / f"{self.name}.txt"

        def run(_: str, __: Context) -> StageReport:
            self.runs += 1
            if self.error:
                raise self.error
            output.write_text(f"{value}")
            if self.warning:
                logging.getLogger("hpacells").warning(self.warning)
            return StageReport(counts={"fields": 2}, failures=self.failures)

        manifest = self.work.manifest(self.name)
        execute(Step(self.name, manifest, Settings(value=value), inputs or {}, (output,), run), ENGINE)


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path)


def test_finished_work_is_not_repeated(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    stage.execute()
    assert stage.runs == 1


def test_a_changed_setting_or_input_is_noticed(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    stage.execute(value=2)
    stage.execute(value=2, inputs={"images": "other"})
    assert stage.runs == 3


def test_a_missing_or_changed_output_is_noticed(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    (work.root / "segment.txt").unlink()
    stage.execute()
    (work.root / "segment.txt").write_text("edited")
    stage.execute()
    assert stage.runs == 3


def test_what_failed_is_tried_again(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.failures = [Failure("a", "unreadable")]
    stage.execute()
    stage.execute()
    assert stage.runs == 2


def test_a_crash_leaves_no_manifest(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    stage.error = RuntimeError("crash")
    with pytest.raises(RuntimeError, match="crash"):
        stage.execute(value=2)
    assert read_manifest(work.manifest("segment")) is None
    stage.error = None
    stage.execute()
    assert stage.runs == 3


@pytest.mark.parametrize("error", [InputError("no such class", where="train.csv"), KeyboardInterrupt()])
def test_a_run_that_stops_before_it_changed_anything_leaves_what_was_done(work: WorkFolder, error) -> None:
    stage = Stage(work)
    stage.execute()
    before = work.manifest("segment").read_bytes()
    stage.error = error
    with pytest.raises(type(error)):
        stage.execute(value=2)
    assert work.manifest("segment").read_bytes() == before
    stage.error = None
    stage.execute()
    assert stage.runs == 2


@pytest.mark.parametrize(
    "path", ["segment.txt", "masks/a.png", "masks/.fields/a.parquet", "cells.parquet", "masks/new.png"]
)
def test_a_run_that_stops_after_it_changed_a_file_is_unfinished(work: WorkFolder, path: str) -> None:
    old, new = ("segment.txt", "masks/a.png", "masks/.fields/a.parquet", "cells.parquet"), work.root / path

    def write(_: str, __: Context) -> StageReport:
        for name in old:
            (work.root / name).parent.mkdir(parents=True, exist_ok=True)
            (work.root / name).write_text("old")
        return StageReport()

    def step(value: int, run) -> Step:
        outputs = work.root / "segment.txt", work.masks
        manifest = work.manifest("segment")
        return Step("segment", manifest, Settings(value=value), {}, outputs, run, also_written=(work.cells,))

    def stop(_: str, __: Context) -> StageReport:
        new.write_text("new")
        raise InputError(found="no such class", where="train.csv")

    execute(step(1, write), ENGINE)
    with pytest.raises(InputError, match="no such class"):
        execute(step(2, stop), ENGINE)
    assert not work.manifest("segment").exists()


def test_a_removed_file_counts_as_changed(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()

    def stop(_: str, __: Context) -> StageReport:
        output.unlink()
        raise KeyboardInterrupt

    output = work.root / "segment.txt"
    with pytest.raises(KeyboardInterrupt):
        execute(Step("segment", work.manifest("segment"), Settings(value=2), {}, (output,), stop), ENGINE)
    assert not work.manifest("segment").exists()


def test_what_is_still_at_work_when_a_run_stops_is_waited_for(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    output, begun = work.root / "segment.txt", threading.Event()

    def slow(item: int) -> None:
        if item:
            begun.set()
            time.sleep(0.3)
            output.write_text("new")

    def stop(_: str, context: Context) -> StageReport:
        work_items = context.map(slow, range(2), description="segment")
        next(work_items)
        begun.wait()
        raise KeyboardInterrupt

    step = Step("segment", work.manifest("segment"), Settings(value=2), {}, (output,), stop)
    with pytest.raises(KeyboardInterrupt):
        execute(step, LocalEngine(workers=2))
    assert output.read_text() == "new"
    assert not work.manifest("segment").exists()


def test_the_manifest_tells_everything(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.failures = [Failure("a", "unreadable")]
    stage.execute(value=5, inputs={"images": "1234"})
    content = json.loads(work.manifest("segment").read_text())
    assert content["settings"] == {"value": 5}
    assert content["inputs"] == {"images": "1234"}
    assert content["counts"] == {"fields": 2}
    assert content["failures"] == [{"where": "a", "why": "unreadable"}]
    assert {"hpacells", "numpy", "python", "torch"} <= set(content["versions"])
    assert content["seconds"] >= 0


def test_warnings_are_noted_beside_what_the_stage_says(work: WorkFolder) -> None:
    stage, path = Stage(work), work.manifest("segment")
    stage.execute()
    # As version 0.2 wrote it.
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "warnings"}))
    assert read_manifest(path).warnings == []
    stage.warning = "a pixel size is assumed"
    stage.execute(value=2)
    manifest = read_manifest(path)
    assert manifest.warnings == ["a pixel size is assumed"]
    assert manifest.details == {}


def test_half_a_manifest_counts_as_none(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute()
    path = work.manifest("segment")
    path.write_text(path.read_text()[:50])
    stage.execute()
    assert stage.runs == 2


def test_later_stages_ask_for_earlier_ones(work: WorkFolder) -> None:
    with pytest.raises(InputError, match="segment is not finished.*run `hpacells segment`"):
        require(work, "segment")
    segment, crops = Stage(work), Stage(work, "crops")
    segment.execute()
    crops.execute(inputs={"segment": require(work, "segment").output_key})
    assert require(work, "crops").stage == "crops"
    segment.execute(value=2)
    with pytest.raises(InputError, match="crops is older than segment.*run `hpacells crops` again"):
        require(work, "crops")


def test_staleness_is_seen_through_stages_between(work: WorkFolder) -> None:
    segment, crops, train = (Stage(work, name) for name in ("segment", "crops", "train"))
    segment.execute()
    crops.execute(inputs={"segment": require(work, "segment").output_key})
    train.execute(inputs={"crops": require(work, "crops").output_key})
    segment.execute(value=2)
    with pytest.raises(InputError, match="crops is older than segment"):
        require(work, "train")


def test_a_damaged_manifest_counts_as_none(work: WorkFolder) -> None:
    stage = Stage(work)
    stage.execute(inputs={"images": "1234"})
    path = work.manifest("segment")
    path.write_text(path.read_text().replace('"1234"', '"1235"'))
    assert read_manifest(path) is None
    stage.execute(inputs={"images": "1234"})
    assert stage.runs == 2


def test_a_changed_output_is_kept_once_before_it_is_made_again(work: WorkFolder, caplog) -> None:
    stage, output = Stage(work), work.root / "segment.txt"
    stage.execute()
    for _ in range(2):
        output.write_text("by hand")
        stage.execute()
        assert output.read_text() == "1"
    [kept] = (work.root / "changed").iterdir()
    assert kept.read_text() == "by hand"
    assert f"segment: {output} was changed since it was written" in caplog.text
    assert str(kept) in caplog.text
    output.unlink()
    stage.execute()
    assert f"segment: {output} is missing; it is made again" in caplog.text


def test_what_a_stage_reads_must_be_whole(work: WorkFolder) -> None:
    stage, output = Stage(work, "predict"), work.root / "predict.txt"
    stage.execute()
    assert require(work, "predict", output).stage == "predict"
    output.write_text("by hand")
    # Others do not read it.
    require(work, "predict", work.root / "other.txt")
    advice = "expected what predict wrote; run `hpacells predict` again, or look$"
    with pytest.raises(InputError, match=f"predict.txt: changed or damaged since predict wrote it; {advice}"):
        require(work, "predict", work.root, otherwise="look")
    output.unlink()
    with pytest.raises(InputError, match=r"predict.txt: missing; .*run `hpacells predict` again$"):
        require(work, "predict", output, otherwise="look")

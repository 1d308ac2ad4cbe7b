"""The forecast of a run by the command line, on few small fields."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.factories.command_line import run_here
from tests.factories.simulated_set import simulate_into
from tests.factories.whole_job.processes import CONTEXT

QUICK = ("--set", "segment.segmenter=classical", "--set", "predict.runtime=torch")
STAGES = ["start-up", "segment", "crops", "predict", "combine", "inspect"]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six small fields, one of which cannot be read."""
    folder = tmp_path_factory.mktemp("plan") / "images"
    simulate_into(folder, fields=7, size=256, seed=5)
    broken = sorted(folder.glob("*_green.png"))[3]
    broken.write_bytes(broken.read_bytes()[:20])
    return folder


@contextmanager
def forked_runs() -> Iterator[None]:
    """Start the timed runs from a process that has imported everything, which is faster."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.plan.measured_run.get_context", lambda _: CONTEXT)
        yield


def plan(*words: object) -> Result:
    return CliRunner().invoke(app, ["plan", *map(str, words)])


Planned = tuple[Result, dict[str, Any], list[str]]


@pytest.fixture(scope="module")
def planned(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """A plan: what was printed, its JSON, and the names of all files where it was written."""
    folder = tmp_path_factory.mktemp("planned")
    with forked_runs():
        done = plan(images, *QUICK, "--fields", "4", "--json", folder / "plan.json")
    names = sorted(path.name for path in folder.iterdir())
    return done, json.loads((folder / "plan.json").read_text()), names


def test_time_disk_and_memory_of_each_stage(planned: Planned) -> None:
    done, found, _ = planned
    assert [stage["stage"] for stage in found["stages"]] == STAGES
    assert found["fields"] == 6
    assert found["timed_fields"] == 4
    for stage in found["stages"][1:]:
        assert stage["memory_bytes"] > 50e6
        assert stage["seconds"] >= stage["fixed_seconds"] >= 0
        assert f"\n{stage['stage']} " in done.output
    assert found["seconds"] == pytest.approx(sum(stage["seconds"] for stage in found["stages"]))
    assert found["disk_bytes"] == pytest.approx(sum(stage["disk_bytes"] for stage in found["stages"]))
    assert found["seconds_low"] <= found["seconds"] <= found["seconds_high"]
    assert "6 fields of 0.0655 megapixels, about" in done.output
    assert "The time is likely to be" in done.output
    assert "limit" not in found


def test_a_field_that_cannot_be_read_is_named_and_left_out(planned: Planned) -> None:
    done, found, _ = planned
    assert done.exit_code == 2
    (failure,) = found["failures"]
    assert "_green.png" in failure["why"]


def test_nothing_is_left_but_the_plan(planned: Planned) -> None:
    _, _, names = planned
    assert names == [".written.json", "plan.json"]


@pytest.mark.slow
def test_settings_that_are_faster_are_named_with_what_they_change(images: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with forked_runs():
        done = plan(images, *QUICK, "--limit", "0.1s", "--fields", "4", "--json", path)
    limit = json.loads(path.read_text())
    whole, limit = limit["seconds"], limit["limit"]
    assert limit["seconds"] == 0.1
    assert limit["kept"] == "no"
    assert "The limit of 0.1 s is not kept." in done.output
    assert "about 0 of 6 fields are done in 0.1 s" in done.output
    for each in limit["alternatives"]:
        assert each["seconds"] < whole
        assert each["effect"]
        assert each["option"].startswith(("--set ", "--model "))


def test_a_single_field_is_planned_and_fields_that_failed_may_be_allowed(
    images: Path, tmp_path: Path
) -> None:
    whole = sorted(images.glob("*_green.png"))
    for kept in (whole[0], whole[3]):
        for channel in ("red", "green", "blue", "yellow"):
            shutil.copy(kept.with_name(kept.name.replace("green", channel)), tmp_path)
    with forked_runs():
        done = plan(tmp_path, *QUICK, "--allow-failed", "--limit", "9h")
    assert done.exit_code == 0, done.output
    assert "1 field of 0.0655 megapixels" in done.output
    assert "The limit of 9 h is kept." in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{}", "--limit", "nine"], "--limit: 'nine' is no duration; expected a number with its unit"),
        (["nowhere"], "nowhere: no such folder"),
        (["{}", "--set", "segment.segmenter=best"], "no segmenter 'best'"),
        (["{}", "--set", "predict.batch_size=0"], "batch_size"),
        (["{}", "--model", "nowhere"], "nowhere"),
        (["{}", "--set", "train.fit.epochs=1"], "does not read [train]"),
        (["{}", "--json", "{}"], "a folder"),
    ],
)
def test_wrong_input_is_one_line(images: Path, words: list[str], told: str) -> None:
    with forked_runs():
        said = run_here("plan", *[word.format(images) for word in words], status=2)
    errors = [line for line in said.splitlines() if "hpacells: error:" in line]
    assert told in said
    assert len(errors) >= 1
    assert "Traceback" not in said

import logging
from pathlib import Path

import pytest

from data.software.versions import library_versions
from pipeline.runs.version_warnings import warn_of_versions
from pipeline.runs.work_folder import WorkFolder
from tests.factories.work_folder import finish_stage


def made_with(work: WorkFolder, stage: str, **versions: str) -> None:
    """Finish a stage as if some libraries had been other ones."""
    finish_stage(work, stage, versions=library_versions() | versions)


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    return WorkFolder(tmp_path)


def test_work_of_the_same_versions(work: WorkFolder, caplog: pytest.LogCaptureFixture) -> None:
    made_with(work, "segment", numpy="2.0.0")
    warn_of_versions("segment", work.manifest("segment"), is_done=True)
    warn_of_versions("predict", work.manifest("predict"), is_done=False)
    assert caplog.messages == []


@pytest.mark.parametrize("stage", ["crops", "train", "find_rate", "predict", "features"])
def test_what_a_stage_builds_on(work: WorkFolder, stage: str, caplog: pytest.LogCaptureFixture) -> None:
    made_with(work, "segment", opencv="4.14.0")
    warn_of_versions(stage, work.manifest(stage), is_done=False)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    path = work.manifest("segment")
    assert record.getMessage().startswith(f"{path}: segment was done with OpenCV 4.14.0 (")
    # Once for all stages of a run.
    warn_of_versions("predict", work.manifest("predict"), is_done=False)
    assert len(caplog.records) == 1


def test_finished_work_that_is_kept(work: WorkFolder, caplog: pytest.LogCaptureFixture) -> None:
    made_with(work, "predict", opencv="4.13.0")
    warn_of_versions("predict", work.manifest("predict"), is_done=False)
    assert caplog.messages == []
    warn_of_versions("predict", work.manifest("predict"), is_done=True)
    assert "predict was done with OpenCV 4.13.0" in caplog.text


@pytest.mark.parametrize("stage", ["combine", "score", "evaluate", "inspect"])
def test_stages_that_read_tables_say_nothing(
    work: WorkFolder, stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    made_with(work, "segment", opencv="4.14.0")
    warn_of_versions(stage, work.manifest(stage), is_done=False)
    assert caplog.messages == []


def test_a_work_folder_of_an_earlier_version(work: WorkFolder, caplog: pytest.LogCaptureFixture) -> None:
    finish_stage(work, "segment", versions={"opencv-python-headless": "4.11.0.86"})
    warn_of_versions("crops", work.manifest("crops"), is_done=False)
    assert "OpenCV 4.11.0.86 (" in caplog.text

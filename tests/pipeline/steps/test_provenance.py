"""What the manifests say of a work folder, also where parts are gone, stale or damaged."""

from pathlib import Path

import pytest

from data.errors import InputError
from data.file_hash import hash_file
from data.provenance.crate import describe_crate
from data.provenance.listing import format_provenance
from data.provenance.record import Provenance, StageRecord
from pipeline.runs.manifest import hash_json
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.provenance import collect_provenance
from tests.factories.work_folder import finish_stage


@pytest.fixture
def work(tmp_path: Path) -> WorkFolder:
    work = WorkFolder(tmp_path / "work")
    (tmp_path / "images").mkdir()
    model = tmp_path / "classifier"
    model.mkdir()
    for name in ("model.safetensors", "model.toml"):
        (model / name).write_text(name)
    identity = hash_json([hash_file(model / name) for name in ("model.safetensors", "model.toml")])
    inputs = {"images": "abc", "segmenter": "lite 1"}
    finish_stage(work, "segment", inputs=inputs, details={"images": str(tmp_path / "images")})
    finish_stage(work, "crops", inputs={"segment": "segment", "images": "abc"})
    details = {"classifiers": [str(model)], "channels": [["red", "blue"]]}
    work.predictions.write_text("table")
    stat = work.predictions.stat()
    stamp = f"{stat.st_size} bytes, modified {stat.st_mtime_ns}"
    finish_stage(
        work,
        "predict",
        inputs={"crops": "crops", "model": identity},
        details=details,
        outputs={"predictions.parquet": stamp},
    )
    return work


def record_of(found: Provenance, stage: str) -> StageRecord:
    return next(record for record in found.stages if record.stage == stage)


def test_stages_in_order_with_what_they_used(work: WorkFolder, tmp_path: Path) -> None:
    found = collect_provenance(work)
    assert [record.stage for record in found.stages] == ["segment", "crops", "predict"]
    crops, predict = record_of(found, "crops"), record_of(found, "predict")
    assert crops.earlier == ("segment",)
    assert [(source.role, source.path) for source in crops.sources] == [("images", str(tmp_path / "images"))]
    assert predict.sources[0].path == str(tmp_path / "classifier" / "model.safetensors")
    assert predict.sources[0].sha256 == hash_file(tmp_path / "classifier" / "model.safetensors")
    assert predict.results == (str(work.predictions),)
    assert predict.facts == {"channels": "red, blue"}
    assert not any(record.remarks for record in found.stages)


def test_weights_that_are_others_now_have_no_hash(work: WorkFolder, tmp_path: Path) -> None:
    weights = tmp_path / "classifier" / "model.safetensors"
    weights.write_text("others")
    source = record_of(collect_provenance(work), "predict").sources[0]
    assert (source.sha256, source.note) == ("", "changed since")
    weights.unlink()
    source = record_of(collect_provenance(work), "predict").sources[0]
    assert (source.sha256, source.note) == ("", "not there any more")


def test_weights_of_the_work_folder_are_found_where_it_is_now(work: WorkFolder, tmp_path: Path) -> None:
    for name in ("model.safetensors", "model.toml"):
        work.model.mkdir(exist_ok=True)
        (work.model / name).write_text(name)
    identity = hash_json([hash_file(work.model / name) for name in ("model.safetensors", "model.toml")])
    finish_stage(work, "train", inputs={"crops": "crops", "labels": "12" * 32})
    inputs = {"crops": "crops", "train": "train", "model": identity}
    finish_stage(work, "predict", inputs=inputs, details={"classifiers": ["old/place/model"]})
    moved = WorkFolder(tmp_path / "moved")
    work.root.rename(moved.root)
    found = collect_provenance(moved)
    assert record_of(found, "predict").sources[0].path == str(moved.model / "model.safetensors")
    assert record_of(found, "predict").sources[0].note == ""
    assert [source.sha256 for source in record_of(found, "train").sources] == ["12" * 32]


def test_images_that_are_gone(work: WorkFolder, tmp_path: Path) -> None:
    (tmp_path / "images").rmdir()
    assert record_of(collect_provenance(work), "segment").sources[0].note == "not there any more"


def test_results_that_are_changed_or_gone(work: WorkFolder) -> None:
    work.predictions.write_text("other")
    assert record_of(collect_provenance(work), "predict").remarks == (
        "predictions.parquet was changed or replaced since",
    )
    work.predictions.unlink()
    assert record_of(collect_provenance(work), "predict").remarks == (
        "predictions.parquet is not there any more",
    )


def test_a_stage_that_was_made_from_another(work: WorkFolder) -> None:
    finish_stage(work, "segment", "another")
    (remark,) = record_of(collect_provenance(work), "crops").remarks
    assert remark == "made from an earlier segment than the one that is described here"
    work.manifest("segment").unlink()
    (remark,) = record_of(collect_provenance(work), "crops").remarks
    assert remark == "the manifest of segment, whose results it used, is not there any more"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null"])
def test_a_damaged_manifest_costs_only_itself(work: WorkFolder, content: bytes) -> None:
    work.manifest("crops").write_bytes(content)
    found = collect_provenance(work)
    assert found.damaged == (str(work.manifest("crops")),)
    assert [record.stage for record in found.stages] == ["segment", "predict"]


def test_folders_without_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        collect_provenance(WorkFolder(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="no stage has been finished"):
        collect_provenance(WorkFolder(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="not a folder"):
        collect_provenance(WorkFolder(tmp_path / "file"))


@pytest.mark.parametrize("cell", ["", "A1", "A1/", "/3", "A1/x", "A1/-1"])
def test_a_cell_is_a_field_and_a_number(work: WorkFolder, cell: str) -> None:
    if cell:
        with pytest.raises(InputError, match="such as A1/3"):
            collect_provenance(work, cell)


def test_details_of_another_kind_than_ours_are_passed_over(work: WorkFolder) -> None:
    details = {"images": 3, "channels": {"a": 1}, "image_settings": [], "fields of other versions": "x"}
    finish_stage(work, "segment", inputs={"images": "abc"}, details=details)
    inputs = {"crops": "crops", "model": "abc"}
    finish_stage(work, "predict", inputs=inputs, details={"classifiers": "folder", "runtimes": None})
    found = collect_provenance(work)
    assert [record.stage for record in found.stages] == ["segment", "crops", "predict"]
    assert format_provenance(found)
    assert describe_crate(found, work.root)

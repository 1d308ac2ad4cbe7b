"""RO-Crate metadata, read by the package ``rocrate``."""

import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from data.errors import InputError
from data.provenance.crate import CRATE_NAME, find_crate_file, write_crate
from data.provenance.record import Provenance, Source, StageRecord

VERSIONS = {"python": "3.11.7", "hpacells": "0.2.0", "numpy": "2.4.6"}


@pytest.fixture
def provenance(tmp_path: Path) -> Provenance:
    work = tmp_path / "my work"
    (work / "masks").mkdir(parents=True)
    (work / "predictions.parquet").touch()
    segment = StageRecord(
        "segment",
        "2026-11-28T18:38:37+00:00",
        60.0,
        {"runtime": "auto", "masks": "", "channels": ["red", "blue"], "flag": False, "none": None},
        VERSIONS,
        sources=(
            Source("images", str(tmp_path / "imäges & more"), fingerprint="abc"),
            Source("x", sha256="9f"),
        ),
        results=(str(work / "masks"),),
    )
    weights = Source("classifier", str(tmp_path / "model.safetensors"), sha256="e2" * 32)
    predict = StageRecord(
        "predict",
        "2026-11-28T18:39:37+00:00",
        1.0,
        {"batch_size": 128},
        VERSIONS | {"numpy": "2.5.0"},
        earlier=("segment",),
        sources=(weights,),
        results=(str(work / "predictions.parquet"),),
        failures={"A2": "no green channel"},
    )
    return Provenance(str(work), (segment, predict))


def entities(file: Path) -> dict[str, dict]:
    graph = json.loads(file.read_text(encoding="utf-8"))["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph), "an entity stands twice"
    return found


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        return (
            [value["@id"]]
            if set(value) == {"@id"}
            else [n for part in value.values() for n in references(part)]
        )
    return [name for part in value for name in references(part)] if isinstance(value, list) else []


def test_rocrate_reads_it(provenance: Provenance, tmp_path: Path) -> None:
    work = Path(provenance.work)
    write_crate(work / CRATE_NAME, provenance)
    crate = ROCrate(work)
    assert {entity.id for entity in crate.data_entities} == {
        (tmp_path / "imäges & more").as_uri() + "/",
        (tmp_path / "model.safetensors").as_uri(),
        "masks/",
        "predictions.parquet",
    }
    predict = crate.get("#predict")
    assert predict.type == "CreateAction"
    assert predict["startTime"] == "2026-11-28T18:39:36+00:00"
    assert predict["endTime"] == "2026-11-28T18:39:37+00:00"
    assert predict["instrument"].type == "SoftwareApplication"
    assert predict["instrument"]["version"] == "0.2.0"
    assert {(e["name"], e["version"]) for e in predict["instrument"]["softwareRequirements"]} == {
        ("python", "3.11.7"),
        ("numpy", "2.5.0"),
    }
    assert [entity.id for entity in predict["result"]] == ["predictions.parquet"]
    assert "masks/" in [entity.id for entity in predict["object"]]
    assert "A2: no green channel" in predict["description"]
    assert crate.get((tmp_path / "model.safetensors").as_uri())["sha256"] == "e2" * 32
    assert [action.id for action in crate.root_dataset["mentions"]] == ["#segment", "#predict"]
    assert crate.root_dataset["datePublished"] == "2026-11-28T18:39:37+00:00"


def test_it_has_what_the_specifications_ask_for(provenance: Provenance, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / CRATE_NAME
    write_crate(file, provenance)
    found = entities(file)
    assert found[CRATE_NAME]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert found["./"]["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert {"name", "description", "datePublished", "license"} <= found["./"].keys()
    named = {name for entity in found.values() for name in references(list(entity.values()))}
    outside = {"https://w3id.org/ro/crate/1.1", "http://schema.org/CompletedActionStatus"}
    assert named - found.keys() == outside
    # Nothing lies in the crate's folder, so that everything is named by its whole address.
    assert all(entity["@id"].startswith("file://") for entity in found.values() if entity["@type"] == "File")


def test_settings_are_values_of_the_action(provenance: Provenance) -> None:
    file = Path(provenance.work) / CRATE_NAME
    write_crate(file, provenance)
    found = entities(file)
    values = [
        found[name]
        for name in references(found["#segment"]["object"])
        if name.startswith("#segment/settings/")
    ]
    assert {entity["name"]: entity["value"] for entity in values} == {
        "segment.runtime": "auto",
        "segment.masks": "",
        "segment.channels": '["red", "blue"]',
        "segment.flag": False,
        "segment.none": "null",
    }


def test_a_crate_in_the_folder_of_the_images(tmp_path: Path) -> None:
    source = Source("images", str(tmp_path), fingerprint="abc")
    record = StageRecord("segment", "2026-11-28T18:38:37+00:00", 1.0, {}, {}, sources=(source,))
    write_crate(tmp_path / CRATE_NAME, Provenance(str(tmp_path / "work"), (record,)))
    assert entities(tmp_path / CRATE_NAME)["#segment"]["object"] == [{"@id": "./"}]


def test_a_crate_of_our_own_is_replaced(provenance: Provenance, tmp_path: Path) -> None:
    file = tmp_path / CRATE_NAME
    write_crate(file, provenance)
    assert find_crate_file(tmp_path) == find_crate_file(file) == file


@pytest.mark.parametrize("content", ["", "{}", '{"@graph": [{"@id": "./"}]}', '{"@graph": 3}', "[]", "\xff"])
def test_that_of_others_is_not(tmp_path: Path, content: str) -> None:
    (tmp_path / CRATE_NAME).write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="a file that hpacells did not write"):
        find_crate_file(tmp_path)


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"another name than RO-Crate prescribes; .*a file named ro-crate"):
        find_crate_file(tmp_path / "crate.json")
    (tmp_path / CRATE_NAME).mkdir()
    with pytest.raises(InputError, match="a folder that hpacells did not write"):
        find_crate_file(tmp_path)

"""From the locations of genes to labels of images."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from data.errors import InputError
from data.labels.label_file import read_labels, read_proteins
from pipeline.engines.local import LocalEngine
from stages.labels.paths import LabelsInputs, LabelsOutputs
from stages.labels.run import run
from stages.labels.settings import LabelsSettings

LOCATIONS = """Gene\tGene name\tReliability\tMain location\tEnhanced\tSupported\tApproved\tUncertain
E1\tAAA\tSupported\tNucleoplasm\t\tNucleoplasm;Midbody\tCytosol\tVesicles
E2\tBBB\tUncertain\tMitochondria\t\t\t\tMitochondria
E3\tCCC\tApproved\tMidbody\t\t\tMidbody\t
E4\tDDD\tApproved\tNucleoplasm\t\t\tNucleoplasm;Midbody;Cytosol\t
"""
IMAGES = """ID,Gene,Antibody
i1,AAA,HPA1
i2,e1,HPA1
i3,BBB,HPA2
i4,CCC,HPA3
i5,NONE,HPA4
i6,,HPA5
i7,AAA;DDD,HPA6
i8,AAA;BBB,HPA7
"""


@pytest.fixture
def inputs(tmp_path: Path) -> LabelsInputs:
    (tmp_path / "locations.tsv").write_text(LOCATIONS)
    (tmp_path / "images.csv").write_text(IMAGES)
    return LabelsInputs(tmp_path / "locations.tsv", tmp_path / "images.csv")


def test_labels_proteins_and_antibodies(
    inputs: LabelsInputs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outputs = LabelsOutputs(tmp_path / "labels.csv")
    with caplog.at_level(logging.INFO):
        report = run(inputs, outputs, LabelsSettings(), LocalEngine(workers=1))
    assert report.counts == {"images": 8, "labelled": 3, "left out": 5}
    assert read_labels(outputs.labels_path) == {"i1": (0, 16), "i2": (0, 16), "i7": (0, 16)}
    assert read_proteins(outputs.labels_path) == {"i1": "AAA", "i2": "AAA", "i7": "AAA;DDD"}
    assert pd.read_csv(outputs.labels_path)["Antibody"].tolist() == ["HPA1", "HPA1", "HPA6"]
    for line in (
        "1 image of genes without a location that is sure enough left out, such as i3 (BBB)",
        "1 image of locations without a class left out, such as i4 (Midbody)",
        "1 image of genes without a row in the table of locations left out, such as i5 (NONE)",
        "1 image without a gene left out, such as i6",
        "1 image of several genes with different locations left out, such as i8",
        "no class for: Midbody (4)",
        "3 labelled images have a further location that is not sure enough",
    ):
        assert line in caplog.text


def test_uncertain_locations_are_taken_where_they_are_asked_for(inputs: LabelsInputs, tmp_path: Path) -> None:
    outputs = LabelsOutputs(tmp_path / "labels.csv")
    settings = LabelsSettings.model_validate({"reliability": "enhanced, Uncertain"})
    run(inputs, outputs, settings, LocalEngine(workers=1))
    assert read_labels(outputs.labels_path) == {"i1": (17,), "i2": (17,), "i3": (14,)}


def test_no_label_at_all_is_an_error(inputs: LabelsInputs, tmp_path: Path) -> None:
    inputs.images_path.write_text("ID,Gene\na,X\n")
    with pytest.raises(InputError, match="not one of the 1 images gets a label"):
        run(inputs, LabelsOutputs(tmp_path / "labels.csv"), LabelsSettings(), LocalEngine(workers=1))

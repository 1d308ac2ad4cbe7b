"""Names that mean something to HTML, to spreadsheets, to addresses or to shells, through the command line."""

import csv
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.labels.label_file import read_labels
from data.predictions.submission import read_submission
from tests.factories.report.data import read_data, read_fields

NAMES = [
    "=1+1",
    "-cmd",
    "@sum",
    "<b>bold<b>",
    "<img src=x onerror=alert(1)>",
    "&amp;&lt;",
    'double"quote',
    "it's",
    "semi;colon,comma",
    "100%25#part?query=1",
    "$(touch pwned)`touch pwned`",
    "url(x))",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "*[a-b]",
    "ünï cödé",
    "do..ts",
]
CLASSES = ["<b>Dim</b>", "=2+3", "&\"'>", "-minus"]


def write_field(folder: Path, name: str, seed: int) -> None:
    """Write two round cells."""
    y, x = np.mgrid[:200, :200]
    random = np.random.default_rng(seed)
    for channel in CHANNELS:
        picture = random.integers(0, 8, (200, 200))
        for centre in (55, 145):
            radius = np.hypot(y - 100, x - centre)
            picture += (radius < (16 if channel == "blue" else 40)) * (60 + 100 * (channel == "blue"))
        tifffile.imwrite(folder / f"{name}_{channel}.tif", picture.astype(np.uint8))


def write_masks(path: Path) -> None:
    y, x = np.mgrid[:200, :200]
    cells = np.zeros((200, 200), np.uint16)
    for number, centre in enumerate((55, 145), start=1):
        cells[np.hypot(y - 100, x - centre) < 38] = number
    tifffile.imwrite(path, cells)


class Page(HTMLParser):
    """The tags, the addresses and the text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        for name, value in attrs:
            if name == "style" and value and "url(" in value:
                self.links.append(value.split("url(")[1].split(")")[0].strip("'\""))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd") / "<images> & 'more' #1"
    folder.mkdir()
    for seed, name in enumerate(NAMES):
        write_field(folder, name, seed)
    masks = folder.with_name("masks")
    masks.mkdir()
    for name in NAMES:
        write_masks(masks / f"{name}_cells.tif")
    with folder.with_name("labels.csv").open("w", newline="") as file:
        rows = [(name, CLASSES[number % 4], name) for number, name in enumerate(NAMES)]
        csv.writer(file).writerows([("ID", "Label", "Protein"), *rows])
    names = ", ".join(json.dumps(name) for name in CLASSES)
    folder.with_name("own <set>.toml").write_text(f"names = [{names}]\n")
    recipe = (
        '[tiles]\nsize = 32\n[backbone]\nname = "test_efficientnet"\npretrained = "none"\n[fit]\nepochs = 1\n'
    )
    folder.with_name("recipe.toml").write_text(f'images = "all"\ndevice = "cpu"\n{recipe}')
    return folder


@pytest.fixture(scope="module")
def work(hpacells, images: Path) -> Path:
    work = images.with_name("=work <b>&'")
    masks, recipe = images.with_name("masks"), images.with_name("recipe.toml")
    common = ("--work", work, "--masks", masks, "--recipe", recipe, "--set", "crops.min_area_um2=1")
    label_set = f"train.label_set={json.dumps(str(images.with_name('own <set>.toml')))}"
    labels = images.with_name("labels.csv")
    hpacells(
        "run", images, *common, "--labels", labels, "--set", label_set, "--set", "combine.min_confidence=0"
    )
    return work


def test_every_field_keeps_its_name(work: Path) -> None:
    assert set(read_cells(work / "cells.parquet")["image_id"]) == set(NAMES)
    assert set(pd.read_parquet(work / "predictions.parquet")["image_id"]) == set(NAMES)
    # Kaggle's IDs are never escaped.
    assert set(read_submission(work / "submission.csv").images["image_id"]) == set(NAMES)
    with (work / "submission.csv").open(newline="") as file:
        assert {row["ID"] for row in csv.DictReader(file)} == set(NAMES)


def test_nothing_was_written_elsewhere_and_nothing_ran(work: Path, images: Path) -> None:
    beside = {"labels.csv", "masks", "own <set>.toml", "recipe.toml", images.name, work.name}
    assert {path.name for path in images.parent.iterdir()} == beside
    assert not Path("pwned").exists()
    assert {path.name.rpartition("_")[0] for path in images.iterdir()} == set(NAMES)


def test_names_are_text_in_the_report(work: Path) -> None:
    report = work / "report"
    [index] = report.rglob("*.html")
    page = Page(index)
    assert "onerror" not in page.attributes
    assert not any(link.startswith(("javascript:", "data:text")) for link in page.links)
    for link in page.links:
        assert link.startswith("#") or link.startswith("data:") or (report / unquote(link)).is_file(), link
    assert sorted(read_fields(report)) == sorted(NAMES)
    for name in CLASSES:
        assert name in read_data(report, "data/report")["classes"]
    # Names are in the data alone, and the data are written as ASCII text without markup of their own.
    assert not [path for path in report.rglob("*") if "<" in path.name or "%" in path.name]


def test_no_table_has_a_formula(hpacells, work: Path, images: Path) -> None:
    labels = images.with_name("labels.csv")
    hpacells("evaluate", "--work", work, "--labels", labels)
    label_set = f"explore.label_set={json.dumps(str(images.with_name('own <set>.toml')))}"
    hpacells("explore", images, "--labels", labels, "--work", work, "--set", label_set)
    hpacells("features", "--work", work, "--labels", labels)
    tables = [path for path in work.rglob("*.csv") if path.name != "submission.csv"]
    assert {"proteins.csv", "quality.csv", "co_occurrence.csv", "metrics.csv", "measured.csv"} <= {
        path.name for path in tables
    }
    for path in tables:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert not cell.startswith(("=", "+", "@", "\t", "\r")), (path.name, cell)
                    assert not cell.startswith("-") or np.isreal(float(cell)), (path.name, cell)
    with (work / "evaluate" / "proteins.csv").open(newline="", encoding="utf-8") as file:
        proteins = {row["protein"] for row in csv.DictReader(file)}
    assert {"'=1+1", "'-cmd", "'@sum", "it's"} <= proteins
    for page in (work / "explore" / "index.html", work / "features" / "index.html"):
        assert "<b>Dim</b>" not in page.read_text(encoding="utf-8")
        assert "<img src=x" not in page.read_text(encoding="utf-8")


def test_label_files_come_back(hpacells, images: Path, tmp_path: Path) -> None:
    """Those that hpacells writes beside the cells of an index."""
    with (tmp_path / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerow(["ID", "label"])
        csv.writer(file).writerows([name, number % 19] for number, name in enumerate(NAMES))
    for path in images.iterdir():
        shutil.copy(path, tmp_path)
    masks = "crops.infer_masks=always"
    hpacells("crops", "--from", tmp_path / "index.csv", "--work", tmp_path / "work", "--set", masks)
    written = tmp_path / "work" / "labels.csv"
    assert read_labels(written) == {name: (number % 19,) for number, name in enumerate(NAMES)}
    assert "\n'=1+1," in written.read_text(encoding="utf-8")


def test_names_in_what_other_programs_wrote(hpacells, tmp_path: Path) -> None:
    """Classes of QuPath's objects, and names in OME-Zarr, are never part of a path or a page."""
    folder, masks = tmp_path / "images", tmp_path / "masks"
    folder.mkdir()
    masks.mkdir()
    name = "<i>=A&'"
    write_field(folder, name, 1)
    square = [[[20, 60], [90, 60], [90, 140], [20, 140], [20, 60]]]
    feature = {
        "type": "Feature",
        "id": "../../../escape",
        "geometry": {"type": "Polygon", "coordinates": square},
        "properties": {
            "objectType": "cell",
            "name": "<script>",
            "classification": {"name": "=cmd|' /C calc'!A0"},
        },
    }
    (masks / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    group = zarr.open_group(str(folder / "<u>@zarr.ome.zarr"), mode="w", zarr_format=2)
    planes = np.stack([tifffile.imread(folder / f"{name}_{channel}.tif") for channel in CHANNELS])
    group.create_array("0", data=planes[:, None].astype(np.uint8))
    axes = [
        {"name": axis, "type": kind} for axis, kind in zip("czyx", ["channel", *["space"] * 3], strict=True)
    ]
    scale = [{"type": "scale", "scale": [1.0, 1.0, 0.08, 0.08]}]
    group.attrs["multiscales"] = [
        {
            "version": "0.4",
            "name": "../<b>",
            "axes": axes,
            "datasets": [{"path": "0", "coordinateTransformations": scale}],
        }
    ]
    group.attrs["omero"] = {"channels": [{"label": channel} for channel in CHANNELS]}
    work = tmp_path / "work"
    hpacells("segment", folder, "--work", work, "--masks", masks, "--allow-failed")
    hpacells("images", folder, "--json")
    cells = read_cells(work / "cells.parquet")
    assert name in set(cells["image_id"])
    assert not list(tmp_path.rglob("*escape*"))
    assert {path.name for path in tmp_path.iterdir()} == {"images", "masks", "work"}


def test_names_of_folders_above_lead_nowhere(hpacells, tmp_path: Path) -> None:
    """In a list of files, in the names of an OME-TIFF's positions, and in an index of cells."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write_field(inner, "A", 1)
    files = {channel: inner / f"A_{channel}.tif" for channel in CHANNELS}
    evil = ["../../evil", str(tmp_path / "evil"), "..", "."]
    listed = ["r_image,y_image,b_image,g_image,output_prefix"]
    row = [str(files[channel]) for channel in ("red", "yellow", "blue", "green")]
    listed += [",".join([*row, f"{name}_"]) for name in evil]
    (inner / "path_list.csv").write_text("\n".join(listed))
    indexed = ["ID,red,green,blue,yellow,group"]
    indexed += [",".join([name, *(files[channel].name for channel in CHANNELS), name]) for name in evil]
    (inner / "index.csv").write_text("\n".join(indexed))
    (inner / "ome").mkdir()
    planes = np.stack([tifffile.imread(files[channel]) for channel in CHANNELS])
    with tifffile.TiffWriter(inner / "ome" / "x.ome.tif", ome=True) as file:
        for name in evil:
            file.write(planes, metadata={"axes": "CYX", "Name": name, "Channel": {"Name": list(CHANNELS)}})
    before = {path for path in tmp_path.rglob("*") if inner / "work" not in path.parents}
    work = inner / "work"
    hpacells("segment", "--from", inner / "path_list.csv", "--work", work / "1", "--allow-failed")
    hpacells("segment", inner / "ome", "--work", work / "2", "--allow-failed")
    hpacells(
        "crops", "--from", inner / "index.csv", "--work", work / "3", "--set", "crops.infer_masks=always"
    )
    hpacells("inspect", "--work", work / "3")
    after = {path for path in tmp_path.rglob("*") if work not in (path, *path.parents)}
    assert after == before
    assert {path.name for path in work.iterdir()} == {"1", "2", "3"}
    for number in "12":
        assert list((work / number / "masks").glob("*_cells.png"))

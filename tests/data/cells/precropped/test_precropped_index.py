from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.cells.precropped import precropped_index
from data.cells.precropped.index_files import fingerprint_cells
from data.cells.precropped.precropped_index import PrecroppedIndex
from data.channels import CHANNELS
from data.errors import InputError
from data.labels.label_set import LabelSet, read_label_set


def write(folder: Path, text: str) -> Path:
    path = folder / "index.csv"
    path.write_text(text)
    return path


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (4, 20, 30), dtype=np.uint8)


def write_channels(folder: Path, name: str, picture: np.ndarray) -> None:
    for channel, plane in zip(CHANNELS, picture, strict=True):
        cv2.imwrite(str(folder / f"{name}_{channel}.png"), plane)


def test_mosaics(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "m.1", picture)
    path = write(tmp_path, "mosaic,tile,y0,x0,size,label,name\nm.1,0,0,0,10,16,C\nm.1,7,10,20,10,0|2,N\n")
    first, second = PrecroppedIndex(path)
    assert (first.image_id, second.image_id) == ("m.1_0", "m.1_7")
    assert (first.labels, second.labels) == ((16,), (0, 2))
    assert np.array_equal(first.read(), picture[:, :10, :10])
    assert np.array_equal(second.read(), picture[:, 10:20, 20:30])


def test_cells_that_belong_together(tmp_path: Path) -> None:
    mosaics = "mosaic,tile,y0,x0,size,group\nm,0,0,0,10,\nm,1,0,0,10,P1\n"
    assert [cell.group for cell in PrecroppedIndex(write(tmp_path, mosaics))] == ["m", "P1"]
    assert [cell.group for cell in PrecroppedIndex(write(tmp_path, "ID,group\nx,g\ny,\n"))] == ["g", ""]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("ID,maks", "the column maks; read are ID, mask, label, group"),
        ("ID,image_id,Label", "the columns image_id, Label; read are ID, mask, label, group"),
        ("image_id,file,masks", "the column masks; read are file, image_id, mask, label, group"),
        ("file,red", "the column red; read are file, ID, mask, label, group"),
        (
            "mosaic,tile,y0,x0,size,ID",
            "the column ID; read are mosaic, tile, y0, x0, size, mask, label, group",
        ),
        (
            "ID,red,green,blue,yellow,well",
            "the column well; read are ID, red, green, blue, yellow, mask, label, group",
        ),
        ("mosaic,tile,y0,x0,size,label,name", None),
        ("ID,mask,label,group", None),
    ],
)
def test_columns_that_nothing_reads_are_told_once(
    columns: str, told: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    values = {"label": "3", "name": "C", "y0": "0", "x0": "0", "size": "10"}
    rows = [",".join(values.get(column, f"{column}{row}") for column in columns.split(",")) for row in (1, 2)]
    path = write(tmp_path, "\n".join([columns, *rows]) + "\n")
    assert len(PrecroppedIndex(path)) == 2
    assert caplog.messages == ([f"{path}: nothing reads {told}"] if told else [])


def test_labels_of_another_set(tmp_path: Path) -> None:
    path = write(tmp_path, "ID,label\nx,Rods & rings|7\ny,\nz,lysosomes\n")
    assert [cell.labels for cell in PrecroppedIndex(path, read_label_set("hpa2018"))] == [(7, 27), (), (10,)]
    with pytest.raises(InputError, match=r"line 2: label 'Rods & rings' .*hpa2021, or names: Nucleoplasm, "):
        PrecroppedIndex(path)
    with pytest.raises(
        InputError, match=r"'7' is not a class; expected class numbers 0\.\.1 .*of the label set mine"
    ):
        PrecroppedIndex(
            write(tmp_path, "ID,label\nx,7\n"), LabelSet(names=("Lysosomes", "Rods & rings"), title="mine")
        )


def test_a_name_beside_the_label_of_another_set(tmp_path: Path) -> None:
    path = write(tmp_path, "ID,label,name\nx,16,Cytosol\ny,0|16,cytosol\nz,3,well 7\nu,,Cytosol\nv,2,7\n")
    assert [cell.labels for cell in PrecroppedIndex(path)] == [(16,), (0, 16), (3,), (), (2,)]
    with pytest.raises(
        InputError, match="line 2: label 16 is Cytokinetic bridge in .*hpa2018.*, but the name .* is Cytosol"
    ):
        PrecroppedIndex(path, read_label_set("hpa2018"))


def test_a_tile_outside_its_mosaic(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "m", picture)
    (cell,) = PrecroppedIndex(write(tmp_path, "mosaic,tile,y0,x0,size\nm,0,15,0,10\n"))
    with pytest.raises(InputError, match="10 px from row 15, column 0, of 30 x 20 px"):
        cell.read()


def test_files_of_four_channels(tmp_path: Path, picture: np.ndarray) -> None:
    (tmp_path / "sub").mkdir()
    tifffile.imwrite(tmp_path / "sub/a.ome.tif", picture)
    tifffile.imwrite(tmp_path / "b.tif", picture.transpose(1, 2, 0).astype(np.uint16) * 257)
    tifffile.imwrite(tmp_path / "c.tif", picture[:3], photometric="minisblack")
    cells = [*PrecroppedIndex(write(tmp_path, "file\nsub/a.ome.tif\nb.tif\nc.tif\n"))]
    assert [cell.image_id for cell in cells] == ["a", "b", "c"]
    for cell in cells[:2]:
        assert np.array_equal(cell.read(), picture)
    with pytest.raises(InputError, match=r"shape \(3, 20, 30\)"):
        cells[2].read()


def test_a_file_a_channel(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "x", picture)
    row = ",".join(f"x_{channel}.png" for channel in CHANNELS)
    for text in (f"ID,{','.join(CHANNELS)}\nx,{row}\n", "image_id\nx\n"):
        (cell,) = PrecroppedIndex(write(tmp_path, text))
        assert cell.image_id == "x"
        assert np.array_equal(cell.read(), picture)
        assert cell.read_mask() is None


def test_a_mask(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "x", picture)
    cv2.imwrite(str(tmp_path / "mask.png"), picture[0])
    (cell,) = PrecroppedIndex(write(tmp_path, "ID,mask\nx,mask.png\n"))
    mask = cell.read_mask()
    assert mask is not None
    assert np.array_equal(mask, picture[0] > 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (cell,) = PrecroppedIndex(write(tmp_path, "ID\nx\n"))
    with pytest.raises(InputError, match=r"x_red\.png: cannot be opened"):
        cell.read()


def test_the_fingerprint_tells_a_changed_file(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "x", picture)
    cells = PrecroppedIndex(write(tmp_path, "ID\nx\n"))
    before = list(fingerprint_cells(cells))
    assert len(before) == 4
    write_channels(tmp_path, "x", picture // 2)
    assert list(fingerprint_cells(cells)) != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as a table"),
        ("ID,label\n", "no row"),
        ("name,label\nx,1\n", "the columns name,label; expected the columns mosaic"),
        ("ID,red\nx,r.png\n", "the columns ID,red"),
        ("ID\nx\ny\nx\n", "cell x is there twice"),
        ("ID,label\nx,1\ny,19\n", "line 3: label '19' is not a class"),
        ("mosaic,tile,y0,x0,size\nm,0,-1,0,10\n", "line 2: y0 = '-1'"),
        (f"mosaic,tile,y0,x0,size\nm,0,{'9' * 5000},0,10\n", "line 2: y0 = '999"),
        ("ID,label\nx,1\n,2\n", "line 3: an empty ID"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PrecroppedIndex(write(tmp_path, text))


def test_a_name_that_no_file_can_have_costs_its_cell_alone(tmp_path: Path, picture: np.ndarray) -> None:
    write_channels(tmp_path, "x", picture)
    good, odd = PrecroppedIndex(write(tmp_path, f"ID\nx\n{'o' * 5000}\n"))
    assert len(list(fingerprint_cells([good, odd]))) == 8
    assert np.array_equal(good.read(), picture)
    with pytest.raises(InputError, match="cannot be opened"):
        odd.read()


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        PrecroppedIndex(tmp_path / "none.csv")


def test_cells_by_number(tmp_path: Path) -> None:
    index = PrecroppedIndex(write(tmp_path, "ID,label\na,\n\nb,1\nc,2\n"))
    assert (len(index), index.labelled) == (3, 2)
    assert [cell.image_id for cell in index.take([0, 2])] == ["a", "c"]


def test_equal_hashes_of_other_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precropped_index, "hash", lambda _: 1, raising=False)
    assert len(PrecroppedIndex(write(tmp_path, "ID\na\nb\n"))) == 2
    with pytest.raises(InputError, match="cell b is there twice"):
        PrecroppedIndex(write(tmp_path, "ID\na\nb\nc\nc\nb\n"))


def test_files_are_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = ["b/a.tif", "b!.tif", "b.tif", "é.tif", "b/a.tif"]
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(names))
    found = list(fingerprint_cells(PrecroppedIndex(write(tmp_path, f"ID,file\n{rows}"))))
    assert found == [(str(path), 0, 0) for path in sorted({tmp_path / name for name in names})]

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import InputError
from models.segmenters.cellpose import package
from models.segmenters.cellpose.package import choose_model, require_cellpose
from models.segmenters.factory import SegmenterOptions, create_segmenter


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Install a version of cellpose, and put weights of some networks there."""
    monkeypatch.setenv("HPACELLS_WEIGHTS", str(tmp_path))

    def set_up(version: str | None, *models: str) -> None:
        monkeypatch.setattr(package, "find_version", lambda _: version)
        for model in models:
            (tmp_path / f"cellpose_{model}.pth").write_bytes(b"weights")

    return set_up


@pytest.mark.parametrize(
    ("version", "models", "asked", "expected"),
    [
        ("3.1.1.2", ["cyto3", "cpsam"], "auto", "cyto3"),
        ("4.2.1.1", ["cyto3", "cpsam"], "auto", "cpsam"),
        ("4.2.1.1", ["cpsam", "cpsam_v2"], "auto", "cpsam_v2"),
        ("4.10", ["cpsam", "cpsam_v2"], "cpsam", "cpsam"),
    ],
)
def test_the_network_is_what_the_package_and_the_weights_allow(
    has: Callable[..., None], version: str, models: list[str], asked: str, expected: str
) -> None:
    has(version, *models)
    assert choose_model(asked) == expected


def test_a_package_that_is_missing_or_of_another_version(has: Callable[..., None]) -> None:
    has(None)
    with pytest.raises(InputError, match=r"not installed; expected the extra hpacells\[cellpose\].*run `pip"):
        create_segmenter("cellpose")
    for version in ("2.3.2", "3.0.8", "3.1.0", "4.0.9", "4.1.1", "5.0", "unknown"):
        has(version)
        with pytest.raises(InputError, match=rf"cellpose {version}; expected cellpose 3.1.1 or later of 3"):
            require_cellpose()
    for version in ("3.1.1", "3.2", "4.2", "4.2.1.1", "4.11.0rc1"):
        has(version)
        assert require_cellpose() == version


def test_weights_that_are_missing_are_told_with_their_place(has: Callable[..., None]) -> None:
    has("4.2.1.1", "cyto3")
    with pytest.raises(InputError, match="cellpose 4.2.1.1, which cannot run cyto3.*'cellpose>=3.1.1,<4'"):
        choose_model("cyto3")
    expected = (
        r"no weights of cellpose's cpsam_v2; expected the file cpsam_v2 \(1219 MB\) from https://huggingface.co"
        r".*weights fetch cellpose-cpsam_v2 --from DIR`"
    )
    with pytest.raises(InputError, match=expected):
        choose_model("auto")
    with pytest.raises(InputError, match="no weights of cellpose's cpsam;"):
        choose_model("cpsam")


def test_runtimes_that_cannot_run_a_network_are_refused(has: Callable[..., None]) -> None:
    has("3.1.1.2", "cyto3")
    identity = create_segmenter("cellpose", SegmenterOptions(runtime="torch")).identity()
    assert "cyto3" in identity
    assert "cpu float32" in identity
    if "openvino" in sys.modules or package.find_version("openvino"):
        with pytest.raises(InputError, match="runtime openvino for cellpose's cyto3; expected auto or torch"):
            create_segmenter("cellpose", SegmenterOptions(runtime="openvino"))


def test_the_identity_loads_nothing_and_has_all_that_decides_the_cells(has: Callable[..., None]) -> None:
    has("3.1.1.2", "cyto3")
    settings = SegmenterOptions().cellpose
    options = [
        SegmenterOptions(runtime="torch"),
        SegmenterOptions(runtime="torch", exact=True),
        SegmenterOptions(runtime="torch", er=False),
        SegmenterOptions(runtime="torch", stand_in="green", er=False),
        *(
            SegmenterOptions(runtime="torch", cellpose=settings.model_copy(update={name: 2.0}))
            for name in ("diameter_um", "flow_threshold", "cellprob_threshold")
        ),
    ]
    assert len({create_segmenter("cellpose", option).identity() for option in options}) == len(options)


def test_a_package_that_cannot_be_imported_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cellpose.models", None)
    with pytest.raises(InputError, match="the package cellpose cannot be imported"):
        package._import_models()

import pytest
import torch
from safetensors.torch import save_file

from data.errors import InputError
from models.classifiers.backbones.subcell.choice import choose_subcell
from models.classifiers.backbones.subcell.names import SubCellName, list_names, parse_name
from models.classifiers.bundled import find_classifier_folder
from models.weights.folder import FOLDER_VARIABLE

ANY = SubCellName(None)


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))

    def put(*names):
        for name in names:
            (tmp_path / name).mkdir()
            (tmp_path / name / "model.toml").touch()
            save_file({"a": torch.zeros(1)}, tmp_path / name / "model.safetensors")

    return put


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (("red", "green", "blue", "yellow"), "subcell-rybg"),
        (("red", "green", "blue"), "subcell-rbg"),
        (("green", "blue", "yellow"), "subcell-ybg"),
        (("blue", "green"), "subcell-bg"),
    ],
)
def test_the_network_fits_the_channels(fetched, channels, expected):
    fetched("subcell-rybg", "subcell-rbg", "subcell-ybg", "subcell-bg", "subcell-bg-vit-supcon")
    assert str(choose_subcell(ANY, channels)) == expected
    assert find_classifier_folder("subcell", channels).name == expected
    assert find_classifier_folder("subcell-bg-vit-supcon", channels).name == "subcell-bg-vit-supcon"


@pytest.mark.parametrize("channels", [("red", "green"), ("blue", "red")])
def test_tiles_of_no_network_are_refused(fetched, channels):
    with pytest.raises(InputError, match="expected blue .* and green"):
        choose_subcell(ANY, channels)


def test_weights_that_are_not_fetched_are_named(fetched):
    for name in ("subcell", "subcell-rybg"):
        with pytest.raises(InputError, match="run `hpacells weights fetch subcell-rybg`"):
            find_classifier_folder(name, ("red", "green", "blue", "yellow"))
    fetched("subcell-bg")
    with pytest.raises(InputError, match="fetch subcell-rybg`, or take fewer channels: --model subcell-bg"):
        find_classifier_folder("subcell", ("red", "green", "blue", "yellow"))
    assert find_classifier_folder("subcell").name == "subcell-bg"


def test_a_folder_of_that_name_comes_first(fetched, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "subcell").mkdir()
    assert find_classifier_folder("subcell").name == "subcell"


def test_names_are_read_as_they_are_written():
    assert [parse_name(str(name)) for name in list_names()] == list_names()
    assert parse_name("subcells") is None
    assert parse_name("subcell-gb") is None

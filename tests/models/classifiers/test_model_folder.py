import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from data.errors import InputError
from data.labels.label_file import CLASS_NAMES
from data.tiles.preparation import TileSettings
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.heads.settings import EmbeddingHeadSettings
from models.classifiers.model_folder import read_classifier, save_classifier

ARCHITECTURE = Architecture(
    mode="single-label",
    tiles=TileSettings(size=32, channels=("green", "blue")),
    normalisation=Normalisation(mean=(0.1, 0.2), deviation=(0.3, 0.4)),
    backbone=BackboneSettings(name="test_efficientnet", pretrained="none"),
    head=EmbeddingHeadSettings(embedding=16),
)
TILES = torch.randint(0, 256, (3, 2, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def classifier() -> Classifier:
    torch.manual_seed(0)
    return Classifier(ARCHITECTURE).eval()


@pytest.fixture
def folder(tmp_path: Path, classifier: Classifier) -> Path:
    training = {"seed": 7, "result": {"val_map": 0.5, "val_loss": None}}
    save_classifier(tmp_path, ARCHITECTURE, classifier.state_dict(), training)
    return tmp_path


def test_what_is_saved_is_loaded(folder: Path, classifier: Classifier) -> None:
    loaded = read_classifier(folder)
    assert not loaded.training
    with torch.inference_mode():
        for one, other in zip(loaded(TILES), classifier(TILES), strict=True):
            assert torch.equal(one, other)


def test_the_description_is_complete(folder: Path) -> None:
    description = tomllib.loads((folder / "model.toml").read_text())
    assert description["architecture"]["class_names"] == list(CLASS_NAMES)
    assert description["architecture"]["mode"] == "single-label"
    assert description["training"] == {"seed": 7, "result": {"val_map": 0.5}}
    assert {"torch", "timm"} <= set(description["versions"])


def test_loading_needs_no_pretrained_weights(
    tmp_path: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = ARCHITECTURE.model_copy(
        update={"backbone": BackboneSettings(name="test_efficientnet", pretrained="hub")}
    )
    save_classifier(tmp_path, hub, classifier.state_dict(), {})
    monkeypatch.setattr("timm.models._builder.load_pretrained", lambda *_, **__: pytest.fail("a download"))
    assert read_classifier(tmp_path)(TILES).logits.shape == (3, 19)


@pytest.mark.parametrize("name", ["model.toml", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(
        InputError, match=f"{name}: no such file; expected the folder of a trained classifier"
    ):
        read_classifier(folder)


@pytest.mark.parametrize(("name", "content"), [("model.toml", b"= ="), ("model.safetensors", b"\x00" * 5)])
def test_an_unreadable_file_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: unreadable"):
        read_classifier(folder)


def test_weights_of_another_architecture(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["head.classify.3.bias"]
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(InputError, match=r"weights that do not fit model\.toml"):
        read_classifier(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mode = "single-label"', 'mode = "fuzzy"', r"architecture\.mode"),
        ('mode = "single-label"', 'moody = "single-label"', r"architecture\.mo"),
        ("[architecture]", "[architect]", r"no \[architecture\]|architecture"),
        (
            'name = "test_efficientnet"',
            'name = "nonesuch"',
            r"model\.toml: .*no network is called 'nonesuch'",
        ),
        ('weights_sha256 = "', 'weights_sha256 = 5\nold = "', "not the weights that model.toml was written"),
        ('"Nucleoplasm"', '"Cytosol"', "class_names has a class twice"),
    ],
)
def test_a_description_that_is_none(folder: Path, old: str, new: str, message: str) -> None:
    path = folder / "model.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_classifier(folder)


def test_weights_of_another_content_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match="not the weights that model.toml was written with"):
        read_classifier(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_refused(
    tmp_path: Path, classifier: Classifier, value: float
) -> None:
    weights = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    name = next(name for name, tensor in weights.items() if tensor.dim() == 4)
    weights[name].view(-1)[3] = value
    save_classifier(tmp_path, ARCHITECTURE, weights, {})
    with pytest.raises(InputError, match=f"1 of the weights {name} infinite or not a number"):
        read_classifier(tmp_path)

import logging
from pathlib import Path

import pytest
import torch

from data.errors import InputError
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.classifier import Classifier
from models.classifiers.initial_weights import load_initial_weights
from models.classifiers.model_folder import read_classifier
from pipeline.config.config import load_config
from stages.train.settings import TrainSettings

OTHER_CLASSES = ("one", "two", "three")


def equal_weights(first, second) -> dict[str, bool]:
    theirs = second.state_dict()
    return {
        name: weight.shape == theirs[name].shape and torch.equal(weight, theirs[name])
        for name, weight in first.state_dict().items()
    }


def test_any_folder_is_a_start(tmp_path: Path) -> None:
    assert find_classifier_folder(str(tmp_path)) == tmp_path


def test_the_default_recipe_takes_every_weight_that_is_bundled(caplog: pytest.LogCaptureFixture) -> None:
    settings = load_config(None).settings("train", TrainSettings)
    bundled = read_classifier(find_classifier_folder(settings.initial_weights))
    classifier = Classifier(
        bundled.architecture.model_copy(
            update={"tiles": settings.tiles, "backbone": settings.backbone, "head": settings.head}
        )
    )
    load_initial_weights(classifier, settings.initial_weights)
    assert all(equal_weights(classifier, bundled).values())
    assert not caplog.text


def test_all_weights_of_another_folder(make_classifier, save, tmp_path: Path) -> None:
    folder = save(tmp_path / "other", seed=1)
    classifier, other = make_classifier(seed=0), make_classifier(seed=1)
    assert not all(equal_weights(classifier, other).values())
    load_initial_weights(classifier, str(folder))
    assert all(equal_weights(classifier, other).values())


def test_the_head_is_left_out_where_classes_differ(
    make_classifier, save, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = save(tmp_path / "other", seed=1)
    classifier = make_classifier(seed=0, class_names=OTHER_CLASSES)
    before = {name: weight.clone() for name, weight in classifier.head.state_dict().items()}
    with caplog.at_level(logging.INFO, "hpacells"):
        load_initial_weights(classifier, str(folder))
    assert f"start from {folder}: the head is left out" in caplog.text
    same = equal_weights(classifier.backbone, make_classifier(seed=1).backbone)
    assert all(same.values())
    assert all(torch.equal(weight, before[name]) for name, weight in classifier.head.state_dict().items())


def test_as_many_classes_of_other_names_are_other_classes(make_classifier, save, tmp_path: Path) -> None:
    folder = save(tmp_path / "other", seed=1, class_names=OTHER_CLASSES)
    classifier = make_classifier(seed=0, class_names=OTHER_CLASSES[::-1])
    before = {name: weight.clone() for name, weight in classifier.head.state_dict().items()}
    load_initial_weights(classifier, str(folder))
    assert all(torch.equal(weight, before[name]) for name, weight in classifier.head.state_dict().items())


def test_a_head_of_another_size_is_told(
    make_classifier, save, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = save(tmp_path / "other", seed=1, head={"embedding": 8})
    with caplog.at_level(logging.INFO, "hpacells"):
        load_initial_weights(make_classifier(), str(folder))
    assert f"start from {folder}" in caplog.text
    assert "of its weights do not fit and are left out" in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone": {"name": "test_vit", "pretrained": "none"}},
        {
            "tiles": {"size": 32, "channels": ["green"]},
            "normalisation": {"mean": [0.2], "deviation": [0.2]},
        },
    ],
    ids=["network", "channels"],
)
def test_another_backbone(make_classifier, save, tmp_path: Path, changes) -> None:
    folder = save(tmp_path / "other", **changes)
    with pytest.raises(InputError) as raised:
        load_initial_weights(make_classifier(), str(folder))
    message = str(raised.value)
    assert "\n" not in message
    assert f"setting train.initial_weights = {folder}: weights of " in message
    assert "expected the backbone test_efficientnet with 2 channels" in message


def test_nothing_there(make_classifier, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere/model.toml: no such file"):
        load_initial_weights(make_classifier(), str(tmp_path / "nowhere"))

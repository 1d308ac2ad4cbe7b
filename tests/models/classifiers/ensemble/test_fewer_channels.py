from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from data.errors import InputError
from models.classifiers.bundled import find_classifier_folder
from models.classifiers.classifier import Classifier
from models.classifiers.ensemble.fewer_channels import (
    adapt_members,
    leave_out,
    name_member,
    restrict_classifier,
)
from models.classifiers.ensemble.members import read_members
from models.classifiers.model_folder import read_classifier
from models.weights.folder import FOLDER_VARIABLE

FOUR = {
    "tiles": {"size": 32, "channels": ["red", "green", "blue", "yellow"]},
    "normalisation": {"mean": [0.1, 0.2, 0.3, 0.4], "deviation": [0.2, 0.3, 0.4, 0.5]},
    "optional_channels": ["red", "yellow"],
}
SUBSETS = [("green", "blue"), ("red", "green", "blue"), ("green", "blue", "yellow")]


@pytest.mark.parametrize("channels", SUBSETS)
def test_it_predicts_what_the_whole_one_does_where_the_channels_are_at_their_mean(
    make_classifier: Callable[..., Classifier], channels: tuple[str, ...]
) -> None:
    classifier = make_classifier(**FOUR)
    given = classifier.architecture.tiles.channels
    lacking = [channel for channel in given if channel not in channels]
    smaller = restrict_classifier(classifier, leave_out(classifier.architecture, lacking))
    tiles = 255 * torch.rand(5, 4, 32, 32)
    at_mean = tiles.clone()
    for channel in lacking:
        at_mean[:, given.index(channel)] = (
            255 * classifier.architecture.normalisation.mean[given.index(channel)]
        )
    kept = [given.index(channel) for channel in channels]
    with torch.inference_mode():
        expected, found = classifier(at_mean).logits, smaller(tiles[:, kept]).logits
        whole = classifier(tiles).logits
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(found, whole, atol=1e-2)
    assert not smaller.training


def test_with_all_channels_nothing_is_changed(make_classifier: Callable[..., Classifier]) -> None:
    classifier = make_classifier(**FOUR)
    assert restrict_classifier(classifier, classifier.architecture) is classifier


def test_classifiers_that_can_do_without(save: Callable[..., Path], tmp_path: Path) -> None:
    members = read_members([save(tmp_path / "one", **FOUR)])
    [member] = adapt_members(members, ("green", "blue", "yellow"))
    assert member.architecture.tiles.channels == ("green", "blue", "yellow")
    assert member.architecture.normalisation.mean == (0.2, 0.3, 0.4)
    assert member.architecture.optional_channels == ("yellow",)
    assert name_member(member) == str(tmp_path / "one")
    assert adapt_members(members, ("red", "green", "blue", "yellow")) == members


def test_fetched_weights_have_a_name(
    save: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    folders = [save(tmp_path / "subcell-bg", **FOUR), save(tmp_path / "elsewhere" / "subcell-bg", **FOUR)]
    assert [name_member(each) for each in read_members(folders)] == ["subcell-bg", str(folders[1])]


def test_a_classifier_that_never_did_without_refuses(save: Callable[..., Path], tmp_path: Path) -> None:
    members = read_members([save(tmp_path / "one", **FOUR | {"optional_channels": ["yellow"]})])
    with pytest.raises(InputError, match=r"one: tiles without red, which the classifier was trained with"):
        adapt_members(members, ("green", "blue"))


def test_masks_are_no_stains(save: Callable[..., Path], tmp_path: Path) -> None:
    tiles = {"size": 32, "channels": ["green", "cell_mask"]}
    members = read_members([save(tmp_path / "one", tiles=tiles)])
    assert adapt_members(members, ("green", "blue")) == members


def test_the_bundled_classifier_can_do_without_channels() -> None:
    [member] = adapt_members(read_members([find_classifier_folder("simhpa19")]), ("green", "blue"))
    assert name_member(member) == "simhpa19"
    classifier = restrict_classifier(read_classifier(member.folder), member.architecture)
    with torch.inference_mode():
        logits = classifier(torch.randint(0, 256, (2, 2, 128, 128), dtype=torch.uint8)).logits
    assert logits.shape == (2, 19)
    assert logits.isfinite().all()


@pytest.mark.parametrize("channels", SUBSETS)
def test_the_bundled_one_without_channels_is_the_whole_one_with_them_at_their_mean(channels) -> None:
    [member] = read_members([find_classifier_folder("simhpa19")])
    whole = read_classifier(member.folder)
    assert set(member.architecture.optional_channels) == {"red", "yellow"}
    given = member.architecture.tiles.channels
    [adapted] = adapt_members([member], channels)
    smaller = restrict_classifier(whole, adapted.architecture)
    tiles = 255 * torch.rand(3, 4, 128, 128)
    for place, channel in enumerate(given):
        if channel not in channels:
            tiles[:, place] = 255 * member.architecture.normalisation.mean[place]
    with torch.inference_mode():
        expected = whole(tiles).logits
        found = smaller(tiles[:, [given.index(channel) for channel in channels]]).logits
    # The border of a convolution is 0, which is the mean as well.
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)

import logging
from typing import Any

import pytest

from data.errors import InputError
from stages.train.caching import caches_features
from stages.train.settings import TrainSettings

FROZEN = {"backbone": {"frozen": "all"}}
OBSTACLES: list[tuple[dict[str, Any], str]] = [
    ({"backbone": {"frozen": "stem"}}, "train.backbone.frozen"),
    ({"augment": {"kind": "hpacells"}}, "train.augment.kind"),
    ({"augment": {}}, "train.augment.kind"),
    ({"augment": {"kind": "rotate-mirror", "probability": 0.1}}, "train.augment.kind"),
    ({"tiles": {"size": 64, "crop": 32}}, "train.tiles.crop"),
    ({"optional_channels": ["yellow"]}, "train.optional_channels"),
    ({"head": {"kind": "convolution"}}, "convolution"),
    ({"head": {"kind": "linear", "pooling": "average-maximum"}}, "linear"),
    ({"head": {"kind": "buffered"}}, "buffered"),
]
names = pytest.mark.parametrize(("other", "named"), OBSTACLES, ids=[str(other) for other, _ in OBSTACLES])


def make(**settings: Any) -> TrainSettings:
    return TrainSettings.model_validate(FROZEN | settings)


@pytest.mark.parametrize("choice", ["auto", "always"])
@pytest.mark.parametrize(
    "other",
    [
        {},
        {"augment": {"kind": "none"}},
        {"augment": {"kind": "hpacells", "probability": 0}},
        {"tiles": {"size": 64, "crop": 64}},
        {"phases": [{"train": "all"}, {"train": "head"}]},
        {"images": "all", "head": {"kind": "linear"}},
    ],
)
def test_features_of_a_frozen_backbone_are_computed_once(choice: str, other: dict[str, Any]) -> None:
    assert caches_features(make(cache_features=choice, **other))
    assert not caches_features(make(cache_features="never", **other))


@names
def test_what_contradicts_is_refused_in_one_line(other: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as raised:
        caches_features(make(cache_features="always", **other))
    told = str(raised.value)
    assert "\n" not in told
    assert named in told
    assert "train.cache_features" in told


@names
def test_otherwise_the_backbone_runs_in_every_epoch_and_the_reason_is_told(
    other: dict[str, Any], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert not caches_features(make(**other))
    told = [record.message for record in caplog.records]
    assert len(told) == (other.get("backbone") is None)
    assert all(named in line for line in told)


def test_never_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert not caches_features(make(cache_features="never", augment={"kind": "hpacells"}))
    assert not caplog.records


def test_a_backbone_that_learns_needs_no_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert not caches_features(TrainSettings())
    assert not caplog.records


def test_tiles_stay_as_they_are_by_default_where_the_backbone_is_frozen() -> None:
    assert make().augment.kind == "none"
    assert make(augment={"gain": 0.1}).augment.kind == "hpacells"
    assert TrainSettings().augment.kind == "hpacells"
    assert TrainSettings.model_validate({"backbone": {"frozen": "stem"}}).augment.kind == "hpacells"
    assert TrainSettings.model_validate(make().model_dump()) == make()

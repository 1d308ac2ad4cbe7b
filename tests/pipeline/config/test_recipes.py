from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from data.errors import InputError
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.losses.settings import output_of
from pipeline.config.config import find_recipe, load_config
from stages.train.caching import caches_features
from stages.train.settings import TrainSettings

DOCS = Path(__file__).parents[3] / "docs" / "recipes-audit.md"
PAPERS = {
    "alsubait2022": ("cspnet", "botnet", "resnet50"),
    "zhang2021": ("resnet50", "resnet101", "inceptionv4", "senet", "densenet", "gapnet"),
    "elnashar2022": ("resnet50",),
    "madeira2019": ("gapnet", "deepyeast", "mcnn", "densenet121"),
    "jain2021": ("ce", "triplet"),
}
OF_PAPERS = [f"{paper}-{system}" for paper, systems in PAPERS.items() for system in systems]

MODIFIED = ("resnet50", "resnet101", "inceptionv4", "senet", "densenet")
"""The networks that zhang2021 gives a head of its own."""

ZHANG: dict[str, Any] = {
    "images": "all",
    "tiles.channels": ("red", "green", "blue", "yellow"),
    "split.stratify": "labels",
    "data.duplicates": "remove",
    "loss.weights.kind": "effective-number",
    "loss.weights.alpha": 0.9,
    "loss.class_reduction": "sum",
    "optimiser.kind": "sgd",
    "optimiser.momentum": 0.9,
    "thresholds.kind": "greedy",
}
ZHANG_MODIFIED: dict[str, Any] = ZHANG | {
    "head.kind": "buffered",
    "head.pooling": "average-maximum",
    "optimiser.weight_decay": 1e-6,
    "lr_schedule.kind": "restarts",
    "lr_schedule.cycle_epochs": 4,
    "backbone.pretrained": "hub",
}
MADEIRA: dict[str, Any] = {
    "images": "all",
    "split.folds": 3,
    "data.min_cells_per_class": 500,
    "augment.kind": "madeira2019",
    "backbone.pretrained": "none",
    "loss.kind": "binary-cross-entropy",
    "loss.weights.kind": "none",
    "thresholds.kind": "per-class",
}
JAIN: dict[str, Any] = {
    "images": "single",
    "tiles.channels": ("red", "green", "blue"),
    "backbone.name": "resnet50",
    "head.kind": "embedding",
    "loss.kind": "cross-entropy",
    "optimiser.learning_rate": 0.01,
    "fit.class_balanced_sampling": True,
}
ALSUBAIT: dict[str, Any] = {
    "augment.kind": "alsubait2022",
    "backbone.pretrained": "hub",
    "loss.kind": "cross-entropy",
}

PUBLISHED: list[tuple[str, dict[str, Any]]] = [
    *((f"zhang2021-{system}", ZHANG_MODIFIED) for system in MODIFIED),
    ("zhang2021-resnet50", {"fit.batch_size": 74, "head.widths": (1024,), "head.dropouts": (0.5,)}),
    ("zhang2021-resnet101", {"head.widths": (4096, 1024), "head.dropouts": (0.25, 0.5)}),
    ("zhang2021-inceptionv4", {"fit.batch_size": 48, "backbone.name": "inception_v4"}),
    ("zhang2021-senet", {"fit.batch_size": 80}),
    (
        "zhang2021-gapnet",
        ZHANG
        | {
            "backbone.name": "gapnet-zhang2021",
            "optimiser.learning_rate": 0.01,
            "optimiser.weight_decay": 1e-5,
            "optimiser.l1": 1e-7,
            "fit.batch_size": 128,
            "head.dropouts": (0.3, 0.3),
            "loss.hard_example_fraction": 1.0,
        },
    ),
    *((f"madeira2019-{system}", MADEIRA) for system in PAPERS["madeira2019"]),
    (
        "madeira2019-gapnet",
        {
            "optimiser.kind": "adam",
            "optimiser.learning_rate": 0.001,
            "fit.batch_size": 20,
            "fit.epochs": 50,
            "head.dropouts": (0.4, 0.4),
        },
    ),
    (
        "madeira2019-deepyeast",
        {
            "tiles.size": 192,
            "optimiser.kind": "sgd",
            "optimiser.learning_rate": 0.01,
            "optimiser.momentum": 0.9,
            "optimiser.weight_decay": 0.005,
            "fit.batch_size": 128,
            "lr_schedule.kind": "plateau",
            "lr_schedule.patience": 3,
            "lr_schedule.factor": 0.5,
        },
    ),
    ("madeira2019-mcnn", {"fit.batch_size": 22, "optimiser.learning_rate": 0.01}),
    ("madeira2019-densenet121", {"fit.batch_size": 32, "optimiser.learning_rate": 0.001}),
    (
        "elnashar2022-resnet50",
        {
            "images": "single",
            "tiles.size": 256,
            "split.stratify": "combination",
            "augment.kind": "rotate-mirror",
            "optimiser.learning_rate": 0.0011,
            "lr_schedule.kind": "ramp",
            "lr_schedule.initial_lr": 0.0005,
            "lr_schedule.min_lr": 0.0005,
            "lr_schedule.ramp_epochs": 3,
            "lr_schedule.sustain_epochs": 2,
            "lr_schedule.decay": 0.75,
            "fit.epochs": 10,
        },
    ),
    ("jain2021-ce", JAIN | {"loss.triplet.weight": 0.0}),
    ("jain2021-triplet", JAIN),
    *((f"alsubait2022-{system}", ALSUBAIT) for system in PAPERS["alsubait2022"]),
    ("alsubait2022-cspnet", {"fit.epochs": 9}),
    ("alsubait2022-botnet", {"fit.epochs": 4, "optimiser.learning_rate": 0.03}),
    ("alsubait2022-resnet50", {"fit.epochs": 340, "backbone.frozen": "all", "head.kind": "convolution"}),
]


@cache
def load(name: str) -> TrainSettings:
    return load_config(None, recipe=name).settings("train", TrainSettings)


def look_up(settings: Any, name: str) -> Any:
    for part in name.split("."):
        settings = getattr(settings, part)
    return settings


def test_every_system_of_the_papers_and_the_default_have_a_recipe() -> None:
    with pytest.raises(InputError) as raised:
        find_recipe("no such recipe")
    shipped = str(raised.value).split("one of ")[1].split(", ")
    assert set(OF_PAPERS) | {"hpacells"} <= set(shipped)
    of_papers = {name for name in shipped if name.split("-")[0] in PAPERS}
    assert of_papers == set(OF_PAPERS)


@pytest.mark.parametrize(("name", "published"), PUBLISHED)
def test_a_recipe_says_what_the_paper_says(name: str, published: dict[str, Any]) -> None:
    settings = load(name)
    assert {key: look_up(settings, key) for key in published} == published


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("zhang2021-resnet50", (1e-2, 2e-2)),
        ("zhang2021-densenet", (2e-3, 4e-3)),
        ("zhang2021-senet", (1e-3, 3e-3, 5e-3)),
        ("zhang2021-resnet101", (0.01 / 3, 0.01)),
        ("zhang2021-inceptionv4", (0.01 / 3, 0.01)),
    ],
)
def test_layer_groups_have_their_rates(name: str, rates: tuple[float, ...]) -> None:
    optimiser = load(name).optimiser
    found = [optimiser.learning_rate * factor for factor in optimiser.lr_multipliers]
    assert found == pytest.approx(rates, rel=1e-3)


def test_cycles_are_whole() -> None:
    for system in MODIFIED:
        settings = load(f"zhang2021-{system}")
        assert settings.fit.epochs % settings.lr_schedule.cycle_epochs == 0


def test_only_the_loss_tells_the_recipes_of_jain2021_apart() -> None:
    plain, triplet = load("jain2021-ce"), load("jain2021-triplet")
    assert triplet.loss.triplet.weight > 0
    assert plain.model_copy(update={"loss": triplet.loss}) == triplet


def test_the_second_phase_of_madeira2019() -> None:
    (phase,) = load("madeira2019-gapnet").phases
    assert (phase.epochs, phase.train, phase.loss.kind) == (14, "head", "binary-cross-entropy")


def test_the_default_recipe_is_used_where_none_is_named() -> None:
    default = load_config(None).settings("train", TrainSettings)
    assert default == load("hpacells")
    assert (default.initial_weights, default.split.fold) == ("simhpa19", "all")


def load_subcell_head(*assignments: str) -> TrainSettings:
    if "subcell-rybg" not in str(BackboneSettings.model_fields["name"].description):
        pytest.skip("the network of SubCell is not there yet")
    return load_config(None, assignments, "subcell-head").settings("train", TrainSettings)


def test_subcell_head_is_the_published_head_on_features_that_are_computed_once() -> None:
    settings = load_subcell_head()
    published = {
        "images": "all",
        "backbone.name": "subcell-rybg",
        "backbone.frozen": "all",
        "tiles.size": 448,
        "tiles.channels": ("red", "yellow", "blue", "green"),
        "head.kind": "mlp",
        "head.widths": (512, 256),
        "head.dropout": 0.5,
        "loss.kind": "focal",
        "loss.alpha": 0.25,
        "loss.gamma": 2.0,
        "loss.weights.kind": "none",
    }
    assert {key: look_up(settings, key) for key in published} == published
    assert caches_features(settings)


def test_subcell_head_takes_another_head_and_refuses_to_change_the_tiles() -> None:
    linear = load_subcell_head("train.head.kind=linear")
    assert (linear.head.kind, caches_features(linear)) == ("linear", True)
    with pytest.raises(InputError, match=r"train\.augment\.kind = hpacells"):
        caches_features(load_subcell_head("train.augment.kind=hpacells"))


@pytest.mark.parametrize("paper", PAPERS)
def test_recipes_are_documented(paper: str) -> None:
    section = DOCS.read_text().split(f"\n## {paper}\n")[1].split("\n## ")[0]
    missing = [system for system in PAPERS[paper] if f"-{system}`" not in section]
    assert not missing


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_PAPERS)
def test_a_recipe_makes_its_classifier(name: str) -> None:
    settings = load(name)
    channels = len(settings.tiles.channels)
    architecture = Architecture(
        mode=output_of(settings.loss),
        tiles=settings.tiles.model_copy(update={"size": 96, "crop": 0}),
        normalisation=Normalisation(mean=(0.1,) * channels, deviation=(0.1,) * channels),
        backbone=settings.backbone.model_copy(update={"pretrained": "none"}),
        head=settings.head,
    )
    classifier = Classifier(architecture).eval()
    with torch.inference_mode():
        scores = classifier(torch.randint(0, 256, (2, channels, 96, 96), dtype=torch.uint8))
    assert scores.logits.shape == (2, 19)
    assert scores.embedding.shape == (2, classifier.head.embedding_size)
    assert torch.isfinite(scores.logits).all()

"""Settings of the train stage; a recipe is a TOML file of them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field as Setting
from pydantic import model_validator

from data.augment.augmentation import AugmentSettings
from data.augment.hpacells import HpacellsAugmentation
from data.labels.folds import Stratify
from data.settings import OrNone, Settings, SpeedOnly
from data.thresholds.half import HalfThresholds
from data.thresholds.thresholds import ThresholdSettings
from data.tiles.preparation import MASK_CHANNELS, Channel, TileSettings
from data.tiles.tile_presets import FIELD
from data.training.training_set import DataSettings
from models.classifiers.backbones.settings import SUBCELL_CHANNELS, BackboneSettings, check_channel_order
from models.classifiers.heads.settings import EmbeddingHeadSettings, HeadSettings, MlpHeadSettings
from models.classifiers.inputs.scaling import SCALING_DESCRIPTION, Scaling
from models.losses.settings import CrossEntropySettings, LossSettings, output_of
from models.precision import Precision
from models.training.fit_settings import FitSettings, PhaseSettings
from models.training.lr_schedules.cosine import CosineSettings
from models.training.lr_schedules.lr_schedule import LrScheduleSettings
from models.training.optimisers.settings import AdamWSettings, OptimiserSettings
from stages.stage import StageSettings

ALL_FOLDS = "all"

DEFAULT_FIELD_PX = 512
"""Side in px of a whole field where nothing else is set."""


class SplitSettings(Settings):
    """Which images are held out to validate on."""

    folds: int = Setting(
        default=5, ge=0, description="one part in so many is held out; 0 or 1 holds out none"
    )
    fold: int | Literal["all"] = Setting(
        default=0,
        description="which of the folds is held out, from 0; all trains a classifier for each, which then "
        "predict together, and writes what each says of the cells that it never saw",
    )
    stratify: Stratify = Setting(
        default="labels",
        description="what is spread evenly over the folds: each class, or each combination of classes",
    )

    @model_validator(mode="after")
    def _check_fold(self) -> "SplitSettings":
        if self.fold == ALL_FOLDS:
            if self.folds < 2:
                message = "fold = all needs two folds or more"
                raise ValueError(message)
        elif not 0 <= self.fold < max(self.folds, 1):
            message = f"fold must be 0 or more, and below folds ({self.folds})"
            raise ValueError(message)
        return self


class TrainSettings(StageSettings):
    """Settings of the train stage."""

    renamed: ClassVar = {
        "start": "initial_weights",
        "start_share": "initial_weight_fraction",
        "symmetries": "test_time_augmentation",
        "image_share": "image_weight",
        "memory_gib": "tile_cache_gib",
        "rate": "lr_schedule",
        "schedule": "fit",
    }

    unit: Literal["cell", "field"] = Setting(
        default="cell",
        description="what is classified: cells, or whole fields (images = all, a sigmoid per class), whose "
        "probabilities `combine` can take for those of the image",
    )
    field_px: int = Setting(
        default=DEFAULT_FIELD_PX,
        ge=64,
        le=1024,
        description="with unit = field: side in px to which fields are resized, in place of tiles.size; "
        "tiles.crop shrinks or grows with it",
    )
    images: Literal["single", "all"] = Setting(
        default="single", description="images with one label, or all labelled images"
    )
    label_set: str = Setting(
        default="hpa2021", description="the classes: hpa2021, hpa2018, or a TOML file with their names"
    )
    initial_weights: OrNone = Setting(
        default="",
        description="weights to start from, in place of the backbone's own: simhpa19, which come with "
        "hpacells, the folder of a trained classifier, or none",
    )
    initial_weight_fraction: float = Setting(
        default=0.0,
        ge=0,
        lt=1,
        description="part that the weights to start from keep in the trained ones, which are averaged with "
        "them, where all of them fit (weight-space ensembling)",
    )
    test_time_augmentation: bool = Setting(
        default=False,
        description="predict with the mean over the eight symmetries of the square (test-time augmentation): "
        "better, 8 times as long",
    )
    image_weight: float = Setting(
        default=0.0,
        ge=0,
        le=1,
        description="part that the mean over the cells of its image has in each cell's probabilities",
    )
    optional_channels: tuple[Channel, ...] = Setting(
        default=(),
        description="channels without which the classifier is to predict, too: each is left out of a part of "
        "the tiles, at random (hierarchical channel sampling)",
    )
    scaling: Scaling | Literal["auto"] = Setting(
        default="auto",
        description=f"{SCALING_DESCRIPTION}; auto: cell for SubCell, as it was trained, otherwise fixed",
    )
    seed: int = Setting(default=1, ge=0, description="of weights, order, changes of tiles and folds")
    device: str = Setting(default="auto", description="auto, cpu, cuda or cuda:N")
    precision: Precision = Setting(default="auto", description="auto, float32 or bfloat16")
    workers: SpeedOnly[int] = Setting(default=2, ge=1, description="threads that prepare batches")
    tile_cache_gib: SpeedOnly[float] = Setting(
        default=2.0, ge=0, description="memory for tiles that are kept between epochs"
    )
    cache_features: SpeedOnly[Literal["auto", "always", "never"]] = Setting(
        default="auto",
        description="compute the features of a backbone that is frozen as a whole once, and train the head "
        "on them: auto where nothing changes the tiles at random, always (anything else is an error), never",
    )
    calibration: Literal["none", "temperature", "isotonic"] = Setting(
        default="none",
        description="calibrate the probabilities of each class, as fitted on the held-out cells: by a "
        "temperature, by isotonic regression, or not; `predict` does so then",
    )
    soft_weight: float = Setting(
        default=1.0,
        ge=0,
        le=1,
        description="with --labels oof: part that the out-of-fold predictions have in each cell's labels",
    )
    tiles: TileSettings = TileSettings()
    split: SplitSettings = SplitSettings()
    data: DataSettings = DataSettings()
    augment: AugmentSettings = HpacellsAugmentation()
    backbone: BackboneSettings = BackboneSettings()
    head: HeadSettings = EmbeddingHeadSettings()
    loss: LossSettings = CrossEntropySettings()
    optimiser: OptimiserSettings = AdamWSettings()
    lr_schedule: LrScheduleSettings = CosineSettings()
    fit: FitSettings = FitSettings()
    phases: tuple[PhaseSettings, ...] = Setting(
        default=(), description="trainings that follow the main one, in order"
    )
    thresholds: ThresholdSettings = HalfThresholds()

    @model_validator(mode="before")
    @classmethod
    def _choose_loss(cls, settings: Any) -> Any:
        # One label a tile competes with the others; of several, each is asked for by itself.
        if not isinstance(settings, Mapping):
            return settings
        if settings.get("unit") == "field":
            # An image has the labels of all its cells.
            settings = {**settings, "images": "all"}
        kind = "binary-cross-entropy" if settings.get("images") == "all" else "cross-entropy"
        completed = {**settings, "loss": _with_kind(settings.get("loss", {}), kind)}
        phases = settings.get("phases", ())
        if isinstance(phases, list | tuple):
            completed["phases"] = [_with_loss(phase, kind) for phase in phases]
        return completed

    @model_validator(mode="before")
    @classmethod
    def _leave_tiles_unchanged(cls, settings: Any) -> Any:
        # Tiles that stay as they are have the same features in every epoch.
        backbone = settings.get("backbone") if isinstance(settings, Mapping) else None
        frozen = (
            backbone.get("frozen") if isinstance(backbone, Mapping) else getattr(backbone, "frozen", None)
        )
        if frozen != "all" or "augment" in settings:
            return settings
        return {**settings, "augment": {"kind": "none"}}

    @model_validator(mode="after")
    def _check_calibration(self) -> "TrainSettings":
        if self.calibration != "none" and self.split.folds < 2:
            message = f"calibration = {self.calibration} needs held-out cells: set split.folds to 2 or more"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_unit(self) -> "TrainSettings":
        masks = [channel for channel in self.tiles.channels if channel in MASK_CHANNELS]
        if self.unit == "cell":
            if self.field_px != DEFAULT_FIELD_PX:
                message = f'field_px = {self.field_px}, which nothing would read: set unit = "field", too'
                raise ValueError(message)
            if self.tiles.preset == FIELD:
                message = 'tiles.preset = field: set unit = "field" in its place'
                raise ValueError(message)
        elif masks:
            message = f"tiles.channels: {masks[0]} is of cells, which whole fields (unit = field) do not have"
            raise ValueError(message)
        elif "preset" in self.tiles.model_fields_set and self.tiles.preset != FIELD:
            message = f"tiles.preset = {self.tiles.preset} is of cells: leave it out with unit = field"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_optional_channels(self) -> "TrainSettings":
        optional = self.optional_channels
        unknown = [name for name in optional if name not in self.tiles.channels or name in MASK_CHANNELS]
        if unknown:
            message = f"optional_channels: {unknown[0]} is none of the stains in tiles.channels"
            raise ValueError(message)
        if len(set(optional)) < len(optional) or len(optional) >= len(self.tiles.channels):
            message = "optional_channels must name each channel once, and leave one that is always there"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_input(self) -> "TrainSettings":
        check_channel_order(self.backbone.name, self.tiles.channels)
        if self.chosen_scaling == "cell" and self.optional_channels:
            message = (
                "optional_channels cannot go with scaling = cell (minimum and maximum over all channels): "
                'set scaling = "channel" or "fixed"'
            )
            raise ValueError(message)
        return self

    @property
    def chosen_scaling(self) -> Scaling:
        """How grey values are scaled."""
        if self.scaling != "auto":
            return self.scaling
        return "cell" if self.backbone.name in SUBCELL_CHANNELS else "fixed"

    @model_validator(mode="after")
    def _check_loss(self) -> "TrainSettings":
        losses = [self.loss, *(phase.loss for phase in self.phases if phase.loss is not None)]
        if len({output_of(loss) for loss in losses}) > 1:
            message = "the losses of all phases must be of softmax (cross-entropy), or all of sigmoid"
            raise ValueError(message)
        averages = isinstance(self.head, MlpHeadSettings) and self.head.members > 1
        for loss in losses:
            if averages and output_of(loss) == "single-label":
                message = (
                    "head.members above 1 averages sigmoids: set another kind of loss than cross-entropy"
                )
                raise ValueError(message)
            if self.images == "all" and output_of(loss) == "single-label":
                message = (
                    'cross-entropy needs one label per tile: set images = "single", or another kind of loss'
                )
                raise ValueError(message)
            if loss.triplet.weight and self.images == "all":
                message = (
                    'the triplet loss needs one label per tile: set images = "single" or '
                    "loss.triplet.weight = 0"
                )
                raise ValueError(message)
        return self


def _with_kind(loss: Any, kind: str) -> Any:
    return {"kind": kind, **loss} if isinstance(loss, Mapping) else loss


def _with_loss(phase: Any, kind: str) -> Any:
    if isinstance(phase, Mapping) and phase.get("loss") is not None:
        return {**phase, "loss": _with_kind(phase["loss"], kind)}
    return phase

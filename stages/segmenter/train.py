"""Train a segmenter: fit the lite network to fields with known cells."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from data.atomic import atomic_write
from data.errors import InputError
from data.segmenter_training.labelled_field import LabelledField
from data.segmenter_training.sources import (
    FieldSource,
    find_labelled_fields,
    find_simulated_fields,
    simulated_fields,
)
from models.device import choose_device, uses_bfloat16
from models.segmenters.lite.bundled import LITE_WEIGHTS
from models.segmenters.lite.lite_segmenter import LiteSegmenter
from models.segmenters.lite.network import LiteNetwork
from models.segmenters.lite.training.report import draw_predictions, write_segmenter_history
from models.segmenters.lite.training.trainer import FieldPool, SegmenterTrainer
from models.segmenters.lite.weights import load_lite_network, save_lite_weights
from models.training.checkpoint import Checkpoint
from stages.segmenter.paths import TrainSegmenterInputs, TrainSegmenterOutputs
from stages.segmenter.train_settings import TrainSegmenterSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")


def find_sources(
    images: Path | None, masks: Path | None, settings: TrainSegmenterSettings
) -> list[FieldSource]:
    """Find the fields to train on: labelled ones, if a folder is given, and simulated ones.

    Raises
    ------
    InputError
        There are none, or a field to hold out is not among them.
    """
    sources = find_labelled_fields(images, masks, settings.pixel_size_um) if images else []
    names = [source.field_id for source in sources]
    unknown = [name for name in settings.hold_out if name not in names]
    if unknown:
        raise InputError(
            found=f"no labelled field {unknown[0]}",
            where="hold_out",
            expected=f"one of the labelled fields: {', '.join(names[:5]) or 'there are none'}",
        )
    if settings.simulated_dir:
        sources += find_simulated_fields(Path(settings.simulated_dir), settings.simulated)
    else:
        sources += simulated_fields(settings.simulated, settings.simulated_size, settings.simulated_seed)
    if len(sources) <= len(settings.hold_out):
        raise InputError(
            found="no field is left to train on",
            where=images or "settings",
            expected="at least one labelled or simulated field",
            advice="give --images, or --simulated above 0",
        )
    return sources


def run(
    inputs: TrainSegmenterInputs,
    outputs: TrainSegmenterOutputs,
    settings: TrainSegmenterSettings,
    context: Context,
) -> StageReport:
    """Train a network and write its weights, and how well it finds known cells.

    Raises
    ------
    InputError
        No field is left to train on, because none can be read or all are held out.
    """
    fields, failures = _load(inputs.sources, context)
    warn_of_odd_labels([field for field in fields if field.source == "real"])
    held_out = choose_held_out([field.field_id for field in fields if field.source == "real"], settings)
    validation = [field for field in fields if field.field_id in held_out]
    training = [field for field in fields if field.field_id not in held_out]
    if not training:
        raise _nothing_to_train_on(len(validation), failures)
    device = choose_device(settings.device)
    bfloat16 = uses_bfloat16(settings.precision, device)
    # Before the network is made: its decoder begins with random weights.
    torch.manual_seed(settings.seed)
    trainer = SegmenterTrainer(
        _first_network(inputs.start_path).to(device),
        FieldPool(training, draw_weights(training, settings.simulated_share)),
        validation,
        settings,
        bfloat16=bfloat16,
        checkpoint=Checkpoint(outputs.checkpoint_path, inputs.key, settings.fit.checkpoint_seconds),
    )
    with context.track("train", settings.fit.steps) as advance:
        network = trainer.run(advance)
    write_segmenter_history(outputs.segmenter_dir, trainer.progress.rows)
    shown = validation or [field for field in training if field.source == "real"] or training
    agreements = draw_predictions(outputs.predictions_path, network, shown, bfloat16=bfloat16)
    save_lite_weights(outputs.weights_path, network)
    _write_summary(outputs.summary_path, settings, fields, held_out, agreements)
    outputs.checkpoint_path.unlink(missing_ok=True)
    counts: dict[str, int | float] = {
        "fields": len(training),
        "held out": len(validation),
        "steps": settings.fit.steps,
    }
    if validation:
        counts["held-out F1"] = round(trainer.progress.rows[-1]["val_f1"], 3)
    return StageReport(counts=counts, failures=failures, details={"per field": agreements})


def find_start(settings: TrainSegmenterSettings) -> Path | None:
    """Return the file of the weights from which a training goes on; None for ImageNet weights.

    Raises
    ------
    InputError
        There is no such file.
    """
    if not settings.start:
        return None
    path = LITE_WEIGHTS if settings.start == LiteSegmenter.name else Path(settings.start)
    if not path.is_file():
        expected = f"weights that `hpacells segmenter train` wrote, or {LiteSegmenter.name}"
        raise InputError(found="no such file", where=path, expected=expected)
    return path


def _first_network(start: Path | None) -> LiteNetwork:
    return load_lite_network(start) if start else LiteNetwork(pretrained=True)


def _nothing_to_train_on(held_out: int, failures: Sequence[Failure]) -> InputError:
    unreadable = f"{len(failures)} cannot be read" if failures else ""
    kept = f"{held_out} held out" if held_out else ""
    first = f"; the first: {failures[0].why}" if failures else ""
    return InputError(
        found=f"no field is left to train on ({', '.join(filter(None, (unreadable, kept)))}{first})",
        where="the fields to train on",
        expected="at least one that can be read and is not held out",
        advice="mend or add fields, hold out fewer (segmenter.hold_out, segmenter.folds), or give "
        "--simulated above 0",
    )


def _load(sources: Sequence[FieldSource], context: Context) -> tuple[list[LabelledField], list[Failure]]:
    fields, failures = [], []
    loaded = context.map(_load_source, sources, description="read", total=len(sources), processes=True)
    for source, result in loaded:
        if isinstance(result, Exception):
            failures.append(Failure(source.field_id, str(result)))
        else:
            fields.append(result)
    return fields, failures


def warn_of_odd_labels(fields: Sequence[LabelledField]) -> None:
    """Warn of label images from which a network would learn that there are no cells, or nothing else."""
    empty = [field.field_id for field in fields if not field.cells.any()]
    if empty:
        log.warning(
            "%d of %d labelled fields have no cell, such as %s: the network learns that all in them is "
            "background; leave them out unless they are empty",
            len(empty),
            len(fields),
            empty[0],
        )
    full = [field.field_id for field in fields if field.cells.all()]
    if full:
        log.warning(
            "%d of %d labelled fields have no background, which has the number 0, such as %s",
            len(full),
            len(fields),
            full[0],
        )


def _load_source(source: FieldSource) -> LabelledField:
    return source.load()


def choose_held_out(names: Sequence[str], settings: TrainSegmenterSettings) -> set[str]:
    """Choose the labelled fields to validate on: those that are named, or one in so many at random."""
    if settings.hold_out or not settings.folds:
        return set(settings.hold_out)
    shuffled = np.random.default_rng(settings.seed).permutation(sorted(names))
    return {str(name) for name in shuffled[:: settings.folds]}


def draw_weights(fields: Sequence[LabelledField], simulated_share: float) -> np.ndarray:
    """Return how often each field is drawn; where there is one kind of fields, all crops come from it."""
    simulated = np.array([field.source == "simulated" for field in fields])
    if simulated.all() or not simulated.any():
        return np.ones(len(fields))
    shares = np.where(simulated, simulated_share, 1 - simulated_share)
    return shares / np.where(simulated, simulated.sum(), (~simulated).sum())


def _write_summary(
    path: Path,
    settings: TrainSegmenterSettings,
    fields: Sequence[LabelledField],
    held_out: set[str],
    agreements: dict[str, dict[str, float]],
) -> None:
    summary = {
        "settings": settings.model_dump(mode="json"),
        "labelled fields": sorted(field.field_id for field in fields if field.source == "real"),
        "simulated fields": sum(field.source == "simulated" for field in fields),
        "held out": sorted(held_out),
        "agreement": agreements,
    }
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(summary, indent=2) + "\n")

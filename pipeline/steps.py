"""The steps of the graph: what each stage depends on, what it writes, and the call that runs it.

A stage's module is imported when its step is made, so that a command does not load the libraries of the
others.
"""

from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.fields.field import find_fields
from data.labels.label_set import read_label_set
from pipeline.config.config import Config
from pipeline.label_sets import find_predicted
from pipeline.runs.execute import Step, require
from pipeline.runs.fingerprints import fingerprint_fields, hash_label_set
from pipeline.runs.manifest import hash_file, hash_json, read_manifest
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context, StageReport


def simulate_step(out: Path, config: Config) -> Step:
    """Simulate a labelled set into the folder ``out``."""
    from data.simulate.fingerprints import hash_simulator
    from stages.simulate import run as simulate

    settings = config.settings("simulate", simulate.SimulateSettings)
    return Step(
        stage="simulate",
        manifest=out / "simulate.json",
        settings=settings,
        inputs={"simulator": hash_simulator()},
        outputs=(out / "train.csv", out / "truth.csv", out / "masks"),
        run=lambda _, context: simulate.run(out, settings, context),
        also_written=(out,),
    )


def segment_step(work: WorkFolder, images: Path, config: Config) -> Step:
    """Segment the fields of the folder ``images``."""
    from stages.segment import run as segment

    settings = config.settings("segment", segment.SegmentSettings)
    fields = find_fields(images)
    segmenter = segment.make_segmenter(fields, settings)

    def run(_: str, context: Context) -> StageReport:
        report = segment.run(images, work.masks, work.cells, work.images, settings, context, segmenter)
        report.details["images"] = str(images.resolve())
        return report

    return Step(
        stage="segment",
        manifest=work.manifest("segment"),
        settings=settings,
        inputs={"images": fingerprint_fields(fields), "segmenter": segmenter.identity()},
        outputs=(work.masks, work.images),
        run=run,
        also_written=(work.cells,),
    )


def crops_step(work: WorkFolder, images: Path, config: Config) -> Step:
    """Cut the segmented cells of the folder ``images`` to tiles."""
    from stages.crops import run as crops

    settings = config.settings("crops", crops.CropsSettings)
    segmented = require(work, "segment")
    pixel_size_um = segmented.settings["pixel_size_um"]
    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"segment": segmented.output_key, "images": fingerprint_fields(find_fields(images))},
        outputs=(work.cells, work.tiles),
        run=lambda key, context: crops.run(
            images, work.masks, work.cells, work.tiles, key, settings, context, pixel_size_um=pixel_size_um
        ),
    )


def any_crops_step(work: WorkFolder, images: Path | None, index: Path | None, config: Config) -> Step:
    """Cut the cells of the fields in ``images``, or take those of ``index``: just one of them is given."""
    if images is not None and index is None:
        return crops_step(work, images, config)
    if index is not None and images is None:
        return cut_cells_step(work, index, config)
    raise InputError(
        found="neither images nor --from" if index is None else "both images and --from",
        where="crops",
        expected="the folder of the segmented fields, or --from and an index of cells",
        advice="see `hpacells crops --help`",
    )


def cut_cells_step(work: WorkFolder, index: Path, config: Config) -> Step:
    """Take the cells of an index file, which were cut elsewhere, in place of segmented ones."""
    from data.cells.precropped_index import fingerprint_cells, read_index
    from stages.crops import run_precropped as cut_cells

    settings = config.settings("crops", cut_cells.CutCellsSettings)
    label_set = read_label_set(settings.label_set)
    cells = read_index(index, label_set)
    outputs = work.cells, work.images, work.tiles
    labels = work.root / "labels.csv"
    return Step(
        stage="crops",
        manifest=work.manifest("crops"),
        settings=settings,
        inputs={"index": hash_file(index), "files": hash_json(fingerprint_cells(cells))}
        | hash_label_set(label_set),
        outputs=(*outputs, labels) if any(cell.labels for cell in cells) else outputs,
        run=lambda key, context: cut_cells.run(cells, *outputs, labels, key, settings, context),
    )


def predict_step(work: WorkFolder, models: Sequence[Path] | None, config: Config) -> Step:
    """Predict every cell with the work folder's own classifier, or with those in the folders ``models``."""
    from models.classifiers.ensemble import find_classifiers
    from stages.predict import run as predict

    settings = config.settings("predict", predict.PredictSettings)
    if models:
        folders = [folder for model in models for folder in find_classifiers(model)]
        names = ("model.safetensors", "model.toml")
        inputs = {"model": hash_json([hash_file(folder / name) for folder in folders for name in names])}
    else:
        inputs = {"train": require(work, "train").output_key}
        models = [work.model]
    sources = models
    return Step(
        stage="predict",
        manifest=work.manifest("predict"),
        settings=settings,
        inputs={"crops": require(work, "crops").output_key} | inputs,
        outputs=(work.predictions,),
        run=lambda _, context: predict.run(
            work.tiles, work.cells, sources, work.predictions, settings, context
        ),
    )


def combine_step(work: WorkFolder, output: Path, config: Config) -> Step:
    """Combine masks and predictions into a submission."""
    from stages.combine import run as combine

    settings = config.settings("combine", combine.CombineSettings)

    def run(_: str, context: Context) -> StageReport:
        report = combine.run(work.cells, work.predictions, output, settings, context, images=work.images)
        report.details["submission"] = hash_file(output)
        return report

    return Step(
        stage="combine",
        manifest=work.manifest("combine"),
        settings=settings,
        inputs={"predict": require(work, "predict").output_key},
        outputs=(output,),
        run=run,
    )


def score_step(manifest: Path, submission: Path, truth: Path, json_path: Path, config: Config) -> Step:
    """Score a submission against the truth.

    Its classes are those that were predicted, where the folder of the manifest or the submission's own folder
    tells them, unless the settings say which.
    """
    from stages.score import run as score

    settings = config.settings("score", score.ScoreSettings)
    predicted = find_predicted(submission, [manifest.parent, submission.parent])
    classes = hash_label_set(score.choose_label_set(settings, predicted))
    return Step(
        stage="score",
        manifest=manifest,
        settings=settings,
        inputs={"submission": hash_file(submission), "truth": hash_file(truth)} | classes,
        outputs=(json_path,),
        run=lambda _, context: score.run(
            submission, truth, settings, context, json_path=json_path, predicted=predicted
        ),
    )


def evaluate_step(work: WorkFolder, labels: Path, predictions: Path | None, config: Config) -> Step:
    """Measure the work folder's predictions, or those in the file ``predictions``, against a label file."""
    from stages.evaluate import run as evaluate

    settings = config.settings("evaluate", evaluate.EvaluateSettings)
    inputs = {"crops": require(work, "crops").output_key, "labels": hash_file(labels)}
    trained_on = False
    if predictions is None:
        inputs["predict"] = require(work, "predict").output_key
        trained = read_manifest(work.manifest("train"))
        trained_on = trained is not None and trained.inputs.get("labels") == inputs["labels"]
    else:
        inputs["predictions"] = hash_file(predictions)
    source = predictions or work.predictions
    return Step(
        stage="evaluate",
        manifest=work.manifest("evaluate"),
        settings=settings,
        inputs=inputs,
        outputs=tuple(work.quality / name for name in evaluate.FILES),
        run=lambda _, context: evaluate.run(
            source, work.cells, labels, work.quality, settings, context, trained_on=trained_on
        ),
    )

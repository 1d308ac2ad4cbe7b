"""The two arms of the comparison: an ensemble of folds, and the one network that it taught."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.simhpa19.arms import Part
from data.file_hash import hash_file
from models.classifiers.ensemble.members import find_classifiers
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import hash_json
from pipeline.steps.train import hash_start
from stages.distil.paths import DistilInputs, DistilOutputs, TaughtFolder
from stages.distil.run import run as distil
from stages.distil.settings import DistilSettings
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.run import run as predict
from stages.predict.settings import PredictSettings
from stages.stage import Context
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.run import run as train
from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class Recipes:
    """How both arms are trained, and in what they predict.

    Attributes
    ----------
    teacher
        Of the ensemble, with all folds.
    student, distil
        Of the one network.
    runtime
        Of all predictions.
    """

    teacher: TrainSettings
    student: TrainSettings
    distil: DistilSettings
    runtime: str


def train_teacher(folder: Path, recipes: Recipes, labels: Path, part: Part, context: Context) -> Path:
    """Train the ensemble into ``folder/model``, with ``folder/out_of_fold.parquet``, unless that is done."""
    work, model = part.work, folder / "model"
    step = Step(
        stage="train",
        manifest=folder / "train.json",
        settings=recipes.teacher,
        inputs={"crops": part.cut.output_key, "labels": hash_file(labels)} | hash_start(recipes.teacher),
        outputs=(folder / "out_of_fold.parquet",),
        run=lambda _, context: train(
            TrainInputs(work.tiles, work.cells, labels),
            TrainOutputs(model, folder / "out_of_fold.parquet"),
            recipes.teacher,
            context,
        ),
    )
    execute(step, context)
    return model


def train_student(
    folder: Path, recipes: Recipes, teacher: Path, said: Path, part: Part, context: Context
) -> Path:
    """Train a student of the ensemble in ``teacher`` into ``folder/model``, unless that is done.

    Parameters
    ----------
    folder
        Of the student.
    recipes
        How it is trained.
    teacher
        Folder of the ensemble.
    said
        The ensemble's predictions of the cells of ``part``.
    part
        What the student sees.
    context
        Where the work runs.
    """
    work, unseen = part.work, teacher / "out_of_fold.parquet"
    taught = TaughtFolder(work.tiles, work.cells, said, unseen, recipes.teacher.image_weight)
    inputs = DistilInputs([taught], recipes.student, find_classifiers(teacher / "model"))
    step = Step(
        stage="distil",
        manifest=folder / "distil.json",
        settings=recipes.distil,
        inputs={
            "recipe": hash_json(recipes.student.model_dump(mode="json")),
            "said": hash_file(said),
            "out_of_fold": hash_file(unseen),
        },
        outputs=(folder / "model" / "model.toml",),
        run=lambda _, context: distil(inputs, DistilOutputs(folder / "model"), recipes.distil, context),
    )
    execute(step, context)
    return folder / "model"


def predict_part(model: Path, part: Part, output: Path, runtime: str, context: Context) -> Path:
    """Predict the kept cells of a part by the classifiers in a folder, unless that is done."""
    weights = [hash_file(folder / "model.safetensors") for folder in find_classifiers(model)]
    settings = PredictSettings(runtime=runtime)
    step = Step(
        stage="predict",
        manifest=output.with_name(f"predict-{output.stem}.json"),
        settings=settings,
        inputs={"crops": part.cut.output_key, "model": hash_json(weights)},
        outputs=(output,),
        run=lambda key, context: predict(
            PredictInputs(part.work.tiles, part.work.cells, [model], key),
            PredictOutputs(output),
            settings,
            context,
        ),
    )
    execute(step, context)
    return output

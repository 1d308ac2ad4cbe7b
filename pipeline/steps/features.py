"""The step that analyses a classifier's neurons: what it depends on, what it writes, and its call."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import Step, require
from pipeline.runs.manifest import hash_file, hash_json
from pipeline.runs.work_folder import WorkFolder


def features_step(work: WorkFolder, labels: Path | None, model: Path | None, config: Config) -> Step:
    """Analyse the work folder's own classifier, or that of the folder ``model``, on the work folder's cells.

    Without a label file the classes of the cells are the predicted ones, which must be there.
    """
    from models.classifiers.ensemble import find_classifiers
    from models.classifiers.model_folder import DESCRIPTION, WEIGHTS
    from stages.features import run as features
    from stages.features.settings import FeaturesSettings

    settings = config.settings("features", FeaturesSettings)
    inputs = {"crops": require(work, "crops").output_key}
    if model is None:
        inputs["train"] = require(work, "train").output_key
    else:
        folders = find_classifiers(model)
        inputs["model"] = hash_json(
            [hash_file(path / name) for path in folders for name in (WEIGHTS, DESCRIPTION)]
        )
        inputs["model_folder"] = str(model)
    if labels is None:
        inputs["predict"] = require(work, "predict").output_key
    else:
        inputs |= {"labels": hash_file(labels), "label_file": str(labels)}
    sources = features.Sources(
        tiles=work.tiles,
        cells=work.cells,
        model=model or work.model,
        labels=labels,
        predictions=work.predictions,
    )
    return Step(
        stage="features",
        manifest=work.manifest("features"),
        settings=settings,
        inputs=inputs,
        outputs=tuple(work.features / name for name in ("index.html", "summary.json")),
        run=lambda _, context: features.run(sources, work.features, settings, context),
        also_written=(work.features,),
    )

"""The sections of a configuration file, of stages, images and the engine, and what each may hold."""

import importlib

from data.settings import Settings

_SETTINGS = {
    "engine": "pipeline.engines.settings:EngineSettings",
    "simulate": "stages.simulate.settings:SimulateSettings",
    "images": "data.fields.image_settings:ImageSettings",
    "segment": "stages.segment.settings:SegmentSettings",
    # Those of pre-cropped cells are all of the other cells', and more.
    "crops": "stages.crops.settings:PrecroppedSettings",
    "labels": "stages.labels.settings:LabelsSettings",
    "find_rate": "stages.find_rate.settings:FindRateSettings",
    "train": "stages.train.settings:TrainSettings",
    "distil": "stages.distil.settings:DistilSettings",
    "predict": "stages.predict.settings:PredictSettings",
    "combine": "stages.combine.settings:CombineSettings",
    "ablate": "stages.ablate.settings:AblateSettings",
    "score": "stages.score.settings:ScoreSettings",
    "submission": "stages.submission.settings:SubmissionSettings",
    "evaluate": "stages.evaluate.settings:EvaluateSettings",
    "inspect": "stages.inspect.settings:InspectSettings",
    "explore": "stages.explore.settings:ExploreSettings",
    "features": "stages.features.settings:FeaturesSettings",
    "export": "stages.export.settings:ExportSettings",
    "segmenter": "stages.segmenter.train_settings:TrainSegmenterSettings",
    "compare": "stages.segmenter.compare_settings:CompareSettings",
}

SECTIONS = tuple(_SETTINGS)


def settings_of(section: str) -> type[Settings]:
    """Return the class of all settings that a section may hold; its module is imported when it is asked for.

    None of these modules imports torch, which takes seconds: a file is checked as a whole by every command.
    """
    module, name = _SETTINGS[section].split(":")
    return getattr(importlib.import_module(module), name)

"""The sections of a configuration file, one a stage, and the settings that each may hold."""

import importlib

from stages.stage import StageSettings

_SETTINGS = {
    "simulate": "stages.simulate_settings:SimulateSettings",
    "segment": "stages.segment:SegmentSettings",
    # Those of cells that were cut elsewhere are all of the other cells', and more.
    "crops": "stages.cut_cells:CutCellsSettings",
    "find_rate": "stages.find_rate:FindRateSettings",
    "train": "stages.training.settings:TrainSettings",
    "predict": "stages.predict:PredictSettings",
    "combine": "stages.combine:CombineSettings",
    "score": "stages.score:ScoreSettings",
    "evaluate": "stages.evaluate:EvaluateSettings",
    "inspect": "stages.inspect:InspectSettings",
    "explore": "stages.explore:ExploreSettings",
    "features": "stages.features:FeaturesSettings",
    "segmenter": "stages.train_segmenter:TrainSegmenterSettings",
    "compare": "stages.compare:CompareSettings",
}

SECTIONS = tuple(_SETTINGS)


def settings_of(section: str) -> type[StageSettings]:
    """Give the class of all settings that a section may hold; its module is imported when it is asked for."""
    module, name = _SETTINGS[section].split(":")
    return getattr(importlib.import_module(module), name)

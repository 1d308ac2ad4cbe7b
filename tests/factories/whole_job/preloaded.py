"""Import what all stages import, so that a process forked after this starts its work at once."""

import importlib

from tests.factories.whole_job.commands import ASIDE, MORE_ASIDE, ORDER

NAMES = tuple(stage.replace("-", "_") for stage in (*ORDER, *ASIDE, *MORE_ASIDE))

for _name in NAMES:
    importlib.import_module(f"pipeline.steps.{_name}")
    importlib.import_module(f"stages.{_name}.run")
importlib.import_module("pipeline.cli")

"""Import what all stages import, so that a process forked after this starts its work at once."""

import importlib

from stages.export.formats import FORMATS
from tests.factories.whole_job.commands import ASIDE, EXPORTED, EXPORTS, MORE_ASIDE, ORDER

STEPS = {*ORDER, *ASIDE, *MORE_ASIDE, "export", "merge"}.difference(EXPORTS)
NAMES = tuple(sorted(stage.replace("-", "_") for stage in STEPS))

for _name in NAMES:
    importlib.import_module(f"pipeline.steps.{_name}")
    if _name != "merge":
        importlib.import_module(f"stages.{_name}.run")
for _name in ("masks", "cells", "order", "predictions"):
    importlib.import_module(f"stages.merge.{_name}")
importlib.import_module("pipeline.cli")
for _format in EXPORTED:
    FORMATS[_format].load_writer()

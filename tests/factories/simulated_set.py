"""Simulated sets of fields."""

from pathlib import Path
from typing import Any

from stages.simulate.paths import SimulateInputs, SimulateOutputs
from stages.simulate.run import run
from stages.simulate.settings import SimulateSettings
from stages.stage import Context, StageReport
from tests.factories.context import QuietContext


def simulate_into(folder: Path, context: Context | None = None, **settings: Any) -> StageReport:
    """Run the simulate stage, into a folder."""
    chosen = SimulateSettings.model_validate(settings)
    return run(SimulateInputs(), SimulateOutputs(folder), chosen, context or QuietContext())

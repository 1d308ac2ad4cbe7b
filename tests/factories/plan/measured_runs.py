"""Measured runs that are made up: every cost is a line whose parts are known."""

from pipeline.plan.stage_run import MeasuredRun, StageRun

COSTS = {"segment": (2.0, 0.5), "crops": (0.5, 0.1), "predict": (4.0, 0.05), "combine": (0.1, 0.001)}
"""Fixed seconds, and seconds per field or per cell."""

CELLS_PER_FIELD = 10
PIXELS = 1_000_000


def measured(fields: int, start_up: float = 3.0, slower: float = 1.0) -> MeasuredRun:
    """Return a run over so many fields of ten cells, so many times slower than usual."""
    cells = CELLS_PER_FIELD * fields
    stages = []
    for stage, (fixed, per_unit) in COSTS.items():
        units = fields if stage in ("segment", "crops") else cells
        stages.append(
            StageRun(
                stage,
                slower * (fixed + per_unit * units),
                500_000_000,
                1000 * units,
                {"cells": cells} if stage == "predict" else {},
                (),
                {},
                {"preset": "cell"} if stage == "crops" else {},
            )
        )
    total = sum(stage.seconds for stage in stages) + slower * start_up
    return MeasuredRun(tuple(stages), total, {f"f{row}": CELLS_PER_FIELD for row in range(fields)})

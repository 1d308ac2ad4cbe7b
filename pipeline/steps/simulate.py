"""The simulate step: what it depends on, what it writes, and the call that runs it."""

from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import Step
from stages.simulate.settings import SimulateSettings


def simulate_step(out: Path, config: Config) -> Step:
    """Simulate a labelled set into the folder ``out``."""
    from data.simulate.field_record import are_whole
    from data.simulate.fingerprints import hash_simulator
    from stages.simulate.paths import SimulateInputs, SimulateOutputs
    from stages.simulate.run import run as simulate

    settings = config.settings("simulate", SimulateSettings)
    return Step(
        stage="simulate",
        manifest=out / "simulate.json",
        settings=settings,
        inputs={"simulator": hash_simulator()},
        outputs=(out / "train.csv", out / "truth.csv", out / "masks", out / "records"),
        run=lambda _, context: simulate(SimulateInputs(), SimulateOutputs(out), settings, context),
        also_written=(out,),
        # The pictures lie beside files that may be others', so no stamp of the folder has them.
        incomplete=not are_whole(out),
    )

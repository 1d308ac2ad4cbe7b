"""The commands that make and compare segmenters."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.command_options import Assignments, ConfigFile, load_settings, run_step

app = typer.Typer(help="Train a segmenter on known cells, or compare two.", rich_markup_mode=None)


@app.command()
def train(
    out: Annotated[Path, typer.Argument(help="Folder for the weights, figures and pictures.")],
    images: Annotated[
        Path | None,
        typer.Option(help="Labelled fields: <ID>_red.png ... or the HPA's annotated set; default: none."),
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Their label images <ID>_cells.png; default: beside them.")
    ] = None,
    simulated: Annotated[int | None, typer.Option(help="Simulated fields that are added.")] = None,
    steps: Annotated[int | None, typer.Option(help="Length of the training.")] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option("--hold-out", help="Field kept aside to validate on; may be repeated.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the network of the lite segmenter on fields with known cells."""
    from pipeline.segmenter_steps import train_segmenter_step

    options: dict[str, object] = {"segmenter.simulated": simulated, "segmenter.schedule.steps": steps}
    if hold_out:
        options["segmenter.hold_out"] = hold_out
    settings = load_settings(config, assignments, options)
    run_step(train_segmenter_step(out, images, masks, settings))

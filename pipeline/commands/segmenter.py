"""The commands that make and compare segmenters."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    Channels,
    ConfigFile,
    finish,
    load_settings,
    local_engine,
    locate,
    run_step,
)
from pipeline.runs.execute import execute

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
    start: Annotated[
        str | None,
        typer.Option(help="Weights of an earlier training, or lite, to go on from; default: ImageNet."),
    ] = None,
    hold_out: Annotated[
        list[str] | None, typer.Option("--hold-out", help="Field kept aside to validate on; may be repeated.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the network of the lite segmenter on fields with known cells."""
    from pipeline.steps.segmenter import train_segmenter_step

    options: dict[str, object] = {
        "segmenter.simulated": simulated,
        "segmenter.fit.steps": steps,
        "segmenter.start": start,
    }
    if hold_out:
        options["segmenter.hold_out"] = hold_out
    settings = load_settings(["segmenter"], config, assignments, options)
    run_step(train_segmenter_step(out, images, masks, settings))


@app.command()
def compare(
    a: Annotated[
        str,
        typer.Argument(
            help="Name of a segmenter, or folder of masks: <ID>_cells.png or <ID>/annotation.json."
        ),
    ],
    b: Annotated[str, typer.Argument(help="Another one.")],
    images: Annotated[
        Path, typer.Option(help="Folder of fields: <ID>_red.png _green _blue _yellow.", callback=locate)
    ],
    output: Annotated[
        Path | None, typer.Option(help="Folder for cells.csv, summary.json and worst.png; default: nowhere.")
    ] = None,
    pixel_size: Annotated[
        float | None, typer.Option("--pixel-size", help="Pixel size of the images in um.")
    ] = None,
    channels: Channels = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Compare two segmenters cell by cell."""
    from pipeline.steps.segmenter import compare_step
    from stages.segmenter.compare import format_comparison

    settings = load_settings(
        ["images", "compare", "segment"],
        config,
        assignments,
        {
            "segment.pixel_size_um": pixel_size,
            "compare.pixel_size_um": pixel_size,
            "images.channels": channels,
        },
    )
    with tempfile.TemporaryDirectory() as temporary:
        manifest = execute(compare_step(a, b, images, output or Path(temporary), settings), local_engine())
    typer.echo(format_comparison(manifest.details))
    finish([manifest])

"""The commands that fetch, convert and list published weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import local_engine, locate

app = typer.Typer(help="Fetch, convert, list and check published weights.", rich_markup_mode=None)


@app.command(name="list")
def list_weights() -> None:
    """Show name, source, licence, size and checksum of all weights, and which are here."""
    from models.classifiers.subcell.listing import describe_subcell_weights
    from models.segmenters.cellpose.listing import describe_cellpose_weights
    from models.segmenters.weights.listing import describe_weights
    from models.weights.folder import weights_folder

    blocks = [describe_weights(), describe_cellpose_weights(), describe_subcell_weights()]
    typer.echo("\n".join([*blocks, f"folder: {weights_folder()}"]))


@app.command()
def fetch(
    network: Annotated[
        str,
        typer.Argument(
            help="dpn-unet, cellpose-cyto3, cellpose-cpsam, cellpose-cpsam_v2 (these with --from), "
            "subcell-rybg, subcell-rbg, subcell-ybg or subcell-bg."
        ),
    ],
    folder: Annotated[
        Path | None, typer.Option("--from", help="Take the files from this folder, not from the network.")
    ] = None,
    training: Annotated[
        str | None,
        typer.Option(help="Of SubCell: mae-contrast-supcon or vit-supcon; default mae-contrast-supcon."),
    ] = None,
) -> None:
    """Fetch the published weights of a network; an interrupted download is resumed."""
    if network.startswith("subcell"):
        from models.classifiers.subcell.fetch import fetch_subcell, find_name

        typer.echo(fetch_subcell(find_name(network, training), folder, track=_track))
        return
    if training is not None:
        message = "--training is for SubCell's networks, such as subcell-rybg"
        raise typer.BadParameter(message)
    if network.startswith("cellpose"):
        from models.segmenters.cellpose.weights import fetch_cellpose

        typer.echo(fetch_cellpose(network, folder))
        return
    from models.segmenters.weights.catalogue import names_of_network
    from models.segmenters.weights.download import fetch as fetch_weights

    for path in fetch_weights(names_of_network(network), folder, track=_track):
        typer.echo(path)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="FILE.pth", help="Published file, or one like it.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.safetensors", help="File to write.")],
) -> None:
    """Convert the weights of a DPN-UNet to safetensors; nothing that the pickle names is run."""
    from data.errors import InputError
    from models.segmenters.weights.convert import convert as convert_weights
    from pipeline.runs.outputs.written_files import sole_file

    if target.suffix != ".safetensors":
        raise InputError(found="not a .safetensors file", where=target, expected="OUT.safetensors")
    with sole_file("weights convert", target, [source]):
        convert_weights(source, target)


@app.command()
def check(
    network: Annotated[str, typer.Argument(help="Name or folder of a classifier, such as subcell-rybg.")],
    images: Annotated[Path, typer.Option(help="Folder of your own fields.", callback=locate)],
    count: Annotated[int, typer.Option("--fields", min=2, help="Fields that are used, evenly chosen.")] = 4,
    segmenter: Annotated[str, typer.Option(help="Name of a segmenter, as for segment.")] = "auto",
    runtimes: Annotated[
        list[str] | None,
        typer.Option("--runtime", help="A runtime; may be repeated. Default: all that are here."),
    ] = None,
) -> None:
    """Measure on your own cells what bfloat16 and int8 change in a classifier's answers, and their speed."""
    from pipeline.steps.weights import check_weights
    from stages.weights.check import format_fidelity

    found = check_weights(network, images, count, segmenter, runtimes or [], local_engine())
    typer.echo(format_fidelity(found))


@contextmanager
def _track(description: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as SpeedColumn

    from pipeline.engines.local import CONSOLE

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        SpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=CONSOLE, disable=not CONSOLE.is_terminal, transient=True) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)

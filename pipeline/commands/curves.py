"""The command that draws training curves together."""

from pathlib import Path
from typing import Annotated

import typer


def curves(
    models: Annotated[list[Path], typer.Argument(help="Folders of trained models, or of their folds.")],
    output: Annotated[Path, typer.Option("--output", help="The picture to write (PNG).")],
) -> None:
    """Draw the training curves of several models in one picture."""
    from pipeline.runs.outputs.written_files import sole_file
    from stages.train.curves import draw_classifiers

    with sole_file("curves", output, ending=".png"):
        names = draw_classifiers(models, output)
    typer.echo(f"curves: {output} ({', '.join(names)})")

"""The commands that check, decode, compare and merge submissions."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    ConfigFile,
    load_settings,
    local_engine,
    run_step,
)

app = typer.Typer(help="Check, decode, compare and merge submissions (Kaggle).", rich_markup_mode=None)

PROBLEMS = 1
"""Exit status of a check that found a problem."""

LabelSetName = Annotated[
    str | None,
    typer.Option("--label-set", help="hpa2021 (the default), hpa2018, or a TOML file with the classes."),
]
Iou = Annotated[
    float | None,
    typer.Option("--iou", help="Intersection over union from which on masks are of one cell (0.6)."),
]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Submission CSV, also .gz or .zst.")],
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            metavar="SAMPLE.csv",
            help="The images that it has to have: Kaggle's sample_submission.csv, or a truth; the masks of a "
            "truth also show those that are transposed.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all problems as JSON.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="List every problem, not the first 200.")] = False,
    label_set: LabelSetName = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """List every problem of a submission; exit status 1 where there is one."""
    from pipeline.steps.submission import check_file
    from stages.submission.problem_table import describe_check, format_check

    settings = load_settings(["submission"], config, assignments, {"submission.label_set": label_set})
    found = check_file(file, images, settings, local_engine())
    if as_json:
        typer.echo(json.dumps(describe_check(found), indent=1))
    else:
        typer.echo(format_check(found, None) if show_all else format_check(found))
    if found.problems.counts:
        raise typer.Exit(PROBLEMS)


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Submission CSV, also .gz or .zst.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for masks/ and cells.csv.")
    ],
    label_set: LabelSetName = None,
    allow_failed: AllowFailed = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write a submission's masks as label images, and its cells as a table."""
    from pipeline.steps.submission import decode_step

    settings = load_settings(["submission"], config, assignments, {"submission.label_set": label_set})
    run_step(decode_step(file, output, settings), allow_failed)


@app.command()
def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="Submission CSV.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one, for the same images.")],
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Truth CSV: shows what the changes do to the score.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it, cell by cell, as JSON.")] = False,
    iou: Iou = None,
    label_set: LabelSetName = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Show how two submissions differ: cells, confidences and, given the truth, the score."""
    from pipeline.steps.submission import diff_files
    from stages.submission.changes import format_changes

    options: dict[str, object] = {"submission.label_set": label_set, "submission.iou": iou}
    settings = load_settings(["submission", "score"], config, assignments, options)
    report = diff_files(first, second, truth, settings, local_engine())
    typer.echo(json.dumps(report.details, indent=1) if as_json else format_changes(report.details))


@app.command()
def merge(
    files: Annotated[list[Path], typer.Argument(metavar="A B ...", help="Submission CSVs, two or more.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Submission to write.")],
    weights: Annotated[
        list[float] | None,
        typer.Option("--weight", help="How much a submission counts; once for each, in their order."),
    ] = None,
    iou: Iou = None,
    label_set: LabelSetName = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Merge submissions: cells are matched by their masks, confidences averaged."""
    from pipeline.steps.submission import merge_files

    options: dict[str, object] = {"submission.label_set": label_set, "submission.iou": iou}
    settings = load_settings(["submission"], config, assignments, options)
    report = merge_files(files, weights or (), output, settings, local_engine())
    typer.echo(", ".join(f"{count:g} {name}" for name, count in report.counts.items()))
    typer.echo(f"submission: {output}")

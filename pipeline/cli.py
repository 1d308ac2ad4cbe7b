"""The command line: each command makes its step and has it executed; no logic of its own."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import benchmark_cli, explore_cli, features_cli, segmenter_cli, training_cli, weights_cli
from pipeline.command_options import (
    Assignments,
    ConfigFile,
    finish,
    load_settings,
    local_engine,
    run_step,
)
from pipeline.engines.messages import BAD_INPUT, STOPPED, show_messages, told_in_one_line
from pipeline.engines.torchrun import refuse_several
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.training_cli import Recipe, Work

app = typer.Typer(
    name="hpacells",
    help="Tell where a protein sits in every single cell of Human Protein Atlas images.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(segmenter_cli.app, name="segmenter")
app.add_typer(weights_cli.app, name="weights")

# Older versions of typer raise click's error for a mistyped command line, newer ones their own.
_USAGE_ERROR: type[Exception] = typer.BadParameter.mro()[1]

Images = Annotated[Path, typer.Argument(help="Folder of fields: <ID>_red.png _green _blue _yellow.")]
Labels = Annotated[Path, typer.Option("--labels", help="Label file ID,Label (Kaggle's train.csv).")]
AllowFailed = Annotated[
    bool, typer.Option("--allow-failed", help="Exit with status 0 although some fields failed.")
]
Absent = Annotated[
    str | None,
    typer.Option(
        "--absent", help="Detections of a class that the image lacks: fp (count as false) or ignore."
    ),
]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        refuse_several(context.invoked_subcommand)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder for the images, train.csv, truth.csv and masks.")],
    fields: Annotated[int | None, typer.Option(help="Number of fields.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of a field in px.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed gives another set.")] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(help="A frozen set of SimHPA-19, with its own settings: tiny, small or full."),
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Of the frozen set only train, validation or test.")
    ] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Keep the frozen set's hashes.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare with the hashes that were kept.")] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Simulate labelled fields with known cells."""
    from pipeline import steps

    options = {"simulate.fields": fields, "simulate.size": size, "simulate.seed": seed}
    if benchmark is not None:
        if config or assignments or any(value is not None for value in options.values()):
            fixed = "the settings of a frozen set are fixed: --benchmark takes none"
            raise typer.BadParameter(fixed)
        benchmark_cli.simulate_benchmark(out, benchmark, part, freeze=freeze, check=check)
        return
    if part or freeze or check:
        lonely = "--part, --freeze and --check go with --benchmark"
        raise typer.BadParameter(lonely)
    run_step(steps.simulate_step(out, load_settings(["simulate"], config, assignments, options)))


@app.command()
def segment(
    images: Images,
    work: Work,
    segmenter: Annotated[
        str | None, typer.Option(help="auto, dpn-unet, lite, classical or hpacellseg.")
    ] = None,
    runtime: Annotated[
        str | None,
        typer.Option(help="auto, torch, torch-bfloat16, cuda, openvino, openvino-bfloat16 or openvino-int8."),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Find the nuclei and cells of every field."""
    from pipeline import steps

    options = {"segment.segmenter": segmenter, "segment.runtime": runtime}
    settings = load_settings(["segment"], config, assignments, options)
    run_step(steps.segment_step(WorkFolder(work), images, settings), allow_failed)


@app.command()
def crops(
    work: Work,
    images: Annotated[Path | None, typer.Argument(help="Folder of the fields that were segmented.")] = None,
    index: Annotated[
        Path | None, typer.Option("--from", help="Index (CSV) of cells that were cut elsewhere.")
    ] = None,
    neighbours: Annotated[str | None, typer.Option(help="mask or keep what lies outside the cell.")] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Cut every cell to a tile, or take cells that were cut elsewhere."""
    from pipeline import steps

    settings = load_settings(["crops"], config, assignments, {"crops.neighbours": neighbours})
    run_step(steps.any_crops_step(WorkFolder(work), images, index, settings), allow_failed)


app.command()(training_cli.train)
app.command(name="find-rate")(training_cli.find_rate)
app.command()(training_cli.curves)


@app.command()
def predict(
    work: Work,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            help="Folder of a trained model or of its folds; repeated, all are averaged. "
            "Default: the work folder's.",
        ),
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="auto, torch, torch-bfloat16, cuda, openvino or openvino-bfloat16.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Predict the patterns of every cell."""
    from pipeline import steps

    settings = load_settings(["predict"], config, assignments, {"predict.runtime": runtime})
    run_step(steps.predict_step(WorkFolder(work), models, settings))


@app.command()
def combine(
    work: Work,
    output: Annotated[Path | None, typer.Option(help="Default: submission.csv in the work folder.")] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write label, confidence and mask of every cell in the Kaggle format."""
    from pipeline import steps

    folder, settings = WorkFolder(work), load_settings(["combine"], config, assignments)
    run_step(steps.combine_step(folder, output or folder.submission, settings))


@app.command()
def score(
    submission: Annotated[Path, typer.Argument(help="Submission CSV.")],
    truth: Annotated[Path, typer.Argument(help="Truth CSV, in the submission's format.")],
    absent: Absent = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write mAP and AP per class there.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", help="Work folder whose report shows the scores.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Score a submission with the Kaggle metric: mean average precision at mask IoU 0.6."""
    from pipeline.scoring import score_files

    settings = load_settings(["score"], config, assignments, {"score.absent": absent})
    typer.echo(score_files(submission, truth, settings, local_engine(), json_path, work))


@app.command()
def evaluate(
    work: Work,
    labels: Labels,
    predictions: Annotated[
        Path | None, typer.Option(help="Predictions table; default: the work folder's.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Measure the predictions against labels: for cells, images and proteins."""
    from pipeline import steps
    from stages.evaluate.run import format_quality

    folder = WorkFolder(work)
    step = steps.evaluate_step(folder, labels, predictions, load_settings(["evaluate"], config, assignments))
    typer.echo(format_quality(run_step(step).details))


@app.command()
def inspect(
    work: Work,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Label file of the images, shown beside what was predicted. Default: of cells that were cut "
            "elsewhere, the labels of their index.",
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write the report that shows every cell."""
    from pipeline.inspect_step import inspect_step

    folder, settings = WorkFolder(work), load_settings(["inspect"], config, assignments)
    manifest = execute(inspect_step(folder, labels, settings), local_engine())
    typer.echo(f"report: {folder.report / 'index.html'}")
    finish([manifest])


app.command()(explore_cli.explore)
app.command()(features_cli.features)


@app.command(name="run")
def run_all(
    images: Images,
    labels: Labels,
    work: Work,
    truth: Annotated[Path | None, typer.Option(help="Truth CSV to score against.")] = None,
    recipe: Recipe = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Run everything, from images to report; finished parts are not done again."""
    from pipeline.whole import READS, run_everything

    settings = load_settings(READS, config, assignments, recipe=recipe)
    manifests, summary = run_everything(WorkFolder(work), images, labels, truth, settings, local_engine())
    typer.echo(summary)
    finish(manifests, allow_failed)


def main() -> None:
    """Run the command line; a mistake of the user's is one line and exit status 2, Ctrl-C exit status 130."""
    show_messages()
    with told_in_one_line():
        try:
            status = app(standalone_mode=False)
        except _USAGE_ERROR as error:
            logging.getLogger("hpacells").error(_explain_usage(error))
            status = BAD_INPUT
        except typer.Abort:
            raise KeyboardInterrupt from None
        # Some versions of typer turn Ctrl-C into this exit status themselves.
        if status == STOPPED:
            raise KeyboardInterrupt
    sys.exit(status)


def _explain_usage(error: Any) -> str:
    command = error.ctx.command_path if error.ctx else "hpacells"
    return f"{' '.join(error.format_message().split())}; see `{command} --help`"

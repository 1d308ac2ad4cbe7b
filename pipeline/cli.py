"""The command line: which commands there are, in which group of the help each stands, and how they end."""

import importlib.metadata
import logging
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from data.errors import InputError
from data.storage.images import forget_urls
from data.storage.url import find_local, find_url, without_secrets
from data.text.readable_text import readable
from pipeline.commands.ablate import ablate
from pipeline.commands.combine import combine
from pipeline.commands.crops import crops
from pipeline.commands.curves import curves
from pipeline.commands.distil import distil
from pipeline.commands.doctor import doctor
from pipeline.commands.evaluate import evaluate
from pipeline.commands.explore import explore
from pipeline.commands.export import export
from pipeline.commands.features import features
from pipeline.commands.find_rate import find_rate
from pipeline.commands.images import images
from pipeline.commands.inspect import inspect
from pipeline.commands.labels import labels
from pipeline.commands.merge import merge
from pipeline.commands.plan import plan
from pipeline.commands.predict import predict
from pipeline.commands.provenance import provenance
from pipeline.commands.run import run_all
from pipeline.commands.score import score
from pipeline.commands.segment import segment
from pipeline.commands.segmenter import app as segmenter
from pipeline.commands.simulate import simulate
from pipeline.commands.submission import app as submission
from pipeline.commands.train import train
from pipeline.commands.view import view
from pipeline.commands.weights import app as weights
from pipeline.engines.messages import BAD_INPUT, STOPPED, reported_in_one_line, show_messages
from pipeline.engines.torchrun import refuse_several


class _GroupedCommands(TyperGroup):
    """List the commands under the headings that they were registered with."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in the order in which they were registered."""
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section per heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            heading = getattr(command, "rich_help_panel", None)
            summary = command.get_short_help_str(limit=_SUMMARY_WIDTH)
            groups.setdefault(str(heading or "Commands"), []).append((name, summary))
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl(rows)


_TAKE_URLS = ("--work", "--images", "--from")

_SUMMARY_WIDTH = 64
"""Characters that a command's summary may have; with its name it fits a line of 80."""

app = typer.Typer(
    name="hpacells",
    cls=_GroupedCommands,
    help="Find out where a protein sits in every single cell of Human Protein Atlas images.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Older versions of typer raise click's error for a mistyped command line, newer ones their own.
_USAGE_ERROR: type[Exception] = typer.BadParameter.mro()[1]

_COMMANDS = {
    "Images": {
        "run": run_all,
        "images": images,
        "plan": plan,
        "segment": segment,
        "crops": crops,
        "explore": explore,
        "simulate": simulate,
    },
    "Training": {
        "labels": labels,
        "train": train,
        "distil": distil,
        "find-rate": find_rate,
        "curves": curves,
    },
    "Results": {
        "predict": predict,
        "merge": merge,
        "inspect": inspect,
        "view": view,
        "features": features,
        "combine": combine,
        "export": export,
        "score": score,
        "ablate": ablate,
        "evaluate": evaluate,
        "provenance": provenance,
    },
}
_TOOLS = {"submission": submission, "segmenter": segmenter, "weights": weights}

for _heading, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(name=_name, rich_help_panel=_heading)(_command)
for _name, _tool in _TOOLS.items():
    app.add_typer(_tool, name=_name, rich_help_panel="Tools")
app.command(name="doctor", rich_help_panel="Tools")(doctor)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"hpacells {importlib.metadata.version('hpacells')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        refuse_several(context.invoked_subcommand)


def main() -> None:
    """Run the command line; invalid input is one line and exit status 2, Ctrl-C exit status 130."""
    show_messages()
    forget_urls()
    with reported_in_one_line():
        _refuse_bytes(sys.argv[1:])
        _refuse_urls(sys.argv[1:])
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


def _refuse_bytes(arguments: Sequence[str]) -> None:
    """Refuse names that are not UTF-8, which no manifest can hold, before any work is done."""
    for argument in arguments:
        if readable(argument) != argument:
            raise InputError(
                found="a name that is not UTF-8",
                where=argument,
                expected="a name that can be stored",
                advice="rename it, or give a link to it with another name",
            )


def _refuse_urls(arguments: Sequence[str]) -> None:
    """Refuse URLs as the values of options that take files of this machine."""
    words = [word for argument in arguments for word in argument.split("=", 1 if argument[:2] == "--" else 0)]
    for option, value in pairwise(words):
        url = find_url(value) if option.startswith("--") and option not in _TAKE_URLS else None
        if url is not None and find_local(Path(value)) == Path(value):
            raise InputError(
                found=f"the URL {without_secrets(url)}",
                where=option,
                expected="a file or folder of this machine (URLs: images that are read, and --work)",
                advice="copy it to this machine, or write here and copy it there",
            )


def _explain_usage(error: Any) -> str:
    command = error.ctx.command_path if error.ctx else "hpacells"
    message = " ".join(error.format_message().split()).rstrip(".")
    return f"{message}; see `{command} --help`"

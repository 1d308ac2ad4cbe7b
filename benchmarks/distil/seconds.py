"""Seconds of the default recipe's ensemble and of a student of its size, for the cells of a work folder.

Run from the top folder: ``python -m benchmarks.distil.seconds WORK --cells 300 1500``, where WORK has tiles
and a cells table. The bundled classifier stands in for all networks, since weights do not change the time.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.distil.timing import time_both, write_stand_ins
from benchmarks.side_by_side.machine import describe_run
from pipeline.commands.options import local_engine
from pipeline.engines.messages import reported_in_one_line, show_messages
from pipeline.runs.work_folder import WorkFolder


def main() -> None:
    """Print one line per number of cells."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.distil.seconds",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("work", type=Path, help="work folder with tiles")
    parser.add_argument("--cells", type=int, nargs="+", default=[300, 1500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runtime", default="auto", help="of all predictions (auto)")
    options = parser.parse_args()
    show_messages()
    lines = ["| cells | ensemble, 40 passes, s | student, 1 pass, s | ratio |", "| --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        pair = write_stand_ins(Path(folder))
        for cells in options.cells:
            found = time_both(
                pair["ensemble"],
                pair["student"],
                WorkFolder(options.work),
                Path(folder),
                cells=cells,
                rounds=options.rounds,
                runtime=options.runtime,
                context=local_engine(),
            )
            lines.append(f"| {cells} | {found.ensemble:.1f} | {found.student:.1f} | {found.ratio:.1f}x |")
    print("\n".join([*lines, "", *describe_run("benchmarks.distil.seconds")]))


if __name__ == "__main__":
    with reported_in_one_line():
        main()

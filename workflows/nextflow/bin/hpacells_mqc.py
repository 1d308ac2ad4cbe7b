#!/usr/bin/env python3
"""Print a table for MultiQC of what the stages in a hpacells work folder counted."""

import json
import sys
from pathlib import Path

HEADER = """\
# id: "hpacells"
# section_name: "hpacells"
# description: "Fields and cells, as the stages of hpacells counted them."
# plot_type: "table"
# pconfig:
#     id: "hpacells_table"
#     title: "hpacells"
"""

COLUMNS = {
    "Fields": ("segment", "fields"),
    "Failed fields": ("segment", "failed"),
    "Cells": ("segment", "cells"),
    "Kept cells": ("crops", "kept"),
    "Cut by the border": ("crops", "cut by the border"),
    "Too small": ("crops", "too small"),
    "Too dark": ("crops", "too dark"),
    "Unreadable": ("crops", "unreadable"),
    "Predicted cells": ("predict", "cells"),
}


def main(folder: Path) -> None:
    """Print the table of one folder, which has one row: the name of the folder and the counts."""
    counts = {
        stage: json.loads((folder / f"{stage}.json").read_text())["counts"]
        for stage in ("segment", "crops", "predict")
    }
    values = [f"{counts[stage].get(name, 0):g}" for stage, name in COLUMNS.values()]
    sys.stdout.write(HEADER)
    sys.stdout.write("\t".join(["Sample", *COLUMNS]) + "\n")
    sys.stdout.write("\t".join([folder.resolve().name, *values]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

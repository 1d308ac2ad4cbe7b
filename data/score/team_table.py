"""A table of other teams' average precision of each class, and the place that ours would have among them."""

import importlib.util
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.tables.text_table import read_text_table

_EXPECTED = (
    "one row per team with a column per class, or one row per team and class with the columns team, Class "
    "and AP_private (or AP)"
)
_TEAMS = ("team", "team_name", "teamname", "team_id", "teamid", "teams", "rank")
_CLASSES = ("class", "label", "labelname", "label_name")
_VALUES = ("ap_private", "private_ap", "ap")


@dataclass(frozen=True)
class TeamTable:
    """Average precision of teams.

    Attributes
    ----------
    teams
        Names of the teams that are compared with.
    values
        (teams, classes) average precision, 0..1, the classes in the order of the label set.
    left_out
        Team -> why it is not compared with.
    """

    teams: tuple[str, ...]
    values: NDArray[np.float64]
    left_out: Mapping[str, str]

    def find_places(self, ours: list[float | None]) -> list[int | None]:
        """Return the place of each class: 1 and the teams that are better; None where there is no AP."""
        return [
            None if value is None else 1 + int((column > value).sum())
            for value, column in zip(ours, self.values.T, strict=True)
        ]

    def find_mean_place(self, ours: list[float | None]) -> int | None:
        """Return the place of the mean over the classes of which we have an AP; None where there is none."""
        known = [label for label, value in enumerate(ours) if value is not None]
        if not known:
            return None
        mean = float(np.mean([value for value in ours if value is not None]))
        return 1 + int((self.values[:, known].mean(axis=1) > mean).sum())


def read_team_table(path: Path, label_set: LabelSet) -> TeamTable:
    """Read a table of teams: CSV, or .xlsx where openpyxl is installed.

    A team is left out if the value of a class is missing, 0, no number or not in 0..1, or is there twice.

    Raises
    ------
    InputError
        The file is missing or damaged, has not these columns, or no team is left.
    """
    table = _read(path)
    columns = {column.casefold().strip(): column for column in table.columns}
    team = next((columns[name] for name in _TEAMS if name in columns), None)
    label = next((columns[name] for name in _CLASSES if name in columns), None)
    value = next((columns[name] for name in _VALUES if name in columns), None)
    if team is not None and label is not None and value is not None:
        found = _read_long(table[[team, label, value]], label_set, path)
    else:
        found = _read_wide(table, team, label_set, path)
    left_out = {name: why for name, row in found.items() if (why := _find_fault(row, label_set))}
    kept = [name for name in found if name not in left_out]
    if not kept:
        first = next(iter(left_out.items()), ("", "there is no row"))
        raise InputError(
            found=f"no team with an AP of every class ({': '.join(filter(None, first))})",
            where=path,
            expected=_EXPECTED,
        )
    values = np.array([[found[name][number] for number in range(len(label_set))] for name in kept], float)
    return TeamTable(tuple(kept), values, left_out)


def _read(path: Path) -> pd.DataFrame:
    if path.suffix.lower() == ".xlsx" and importlib.util.find_spec("openpyxl"):
        try:
            table = pd.read_excel(path, dtype=str).fillna("")
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(
                found=f"cannot be read as a spreadsheet ({error})", where=path, expected=_EXPECTED
            ) from None
        table.columns = [str(name) for name in table.columns]
        return table.set_axis(range(2, len(table) + 2))
    return read_text_table(path, _EXPECTED)


def _read_long(table: pd.DataFrame, label_set: LabelSet, path: Path) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for line, (team, label, value) in zip(table.index, table.to_numpy(str), strict=True):
        number = label_set.find(label)
        if number is None:
            raise InputError(
                found=f"class {label.strip()[:60]!r}",
                where=f"{path}, line {line}",
                expected=f"a number or a name of {label_set}",
            )
        ours = found.setdefault(team.strip(), {})
        # Of two values there is no telling which one is right.
        ours[number] = "twice" if number in ours else value
    return found


def _read_wide(
    table: pd.DataFrame, team: str | None, label_set: LabelSet, path: Path
) -> dict[str, dict[int, str]]:
    names = team or table.columns[0]
    numbers = {
        column: number
        for column in table.columns
        if column != names
        and (number := label_set.find(re.sub(r"(?i)^(ap|class|label)[ _-]*", "", column))) is not None
    }
    missing = sorted(set(range(len(label_set))) - set(numbers.values()))
    if missing:
        raise InputError(
            found=f"no column of the class {label_set.names[missing[0]]}"
            + (f", nor of {len(missing) - 1} others" if len(missing) > 1 else ""),
            where=path,
            expected=_EXPECTED,
        )
    found: dict[str, dict[int, str]] = {}
    for _, row in table.iterrows():
        values: dict[int, str] = {}
        for column, number in numbers.items():
            values[number] = "twice" if number in values else row[column]
        name = row[names].strip()
        found[name] = dict.fromkeys(values, "twice") if name in found else values
    return found


def _find_fault(row: Mapping[int, str], label_set: LabelSet) -> str:
    """Return why a team is not compared with; empty for a whole row."""
    for number, name in enumerate(label_set.names):
        text = row.get(number, "").strip()
        if not text:
            return f"no AP of {name}"
        if text == "twice":
            return f"two APs of {name}"
        try:
            value = float(text)
        except ValueError:
            return f"the AP of {name} is {text[:20]!r}"
        if not 0 < value <= 1:
            return f"the AP of {name} is {text[:20]}"
    return ""

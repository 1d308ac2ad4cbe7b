"""The summary of a report: how many cells there are, what was predicted, and how it compares with labels."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from stages.inspect.cells.cell_facts import CellFacts
from stages.inspect.given_labels import PARTLY, RIGHT, WRONG
from stages.inspect.paths import InspectInputs, PrecroppedInspectInputs
from stages.inspect.tally.cell_tally import CellTally
from stages.stage import Failure


def summarise(
    inputs: InspectInputs | PrecroppedInspectInputs,
    facts: CellFacts,
    tally: CellTally,
    failures: Sequence[Failure],
    total: int,
    shown: int,
) -> dict[str, Any]:
    """Return the content of the first page's template.

    Parameters
    ----------
    inputs
        Of the stage.
    facts
        What is said of each cell; of pre-cropped ones, of all.
    tally
        What is said of all cells.
    failures
        Fields or groups that could not be shown.
    total, shown
        How many fields or groups there are, and how many are shown.
    """
    content: dict[str, Any] = {
        "cells": tally.cells,
        "kept": tally.dropped[""],
        "dropped": {reason: count for reason, count in tally.dropped.items() if reason},
        "fields": total,
        "shown": shown,
        "classifier": inputs.classifier,
        "limits": inputs.limits,
        "failures": failures,
        "score": None,
        "precropped": isinstance(inputs, PrecroppedInspectInputs),
    }
    if isinstance(inputs, InspectInputs):
        return content | {
            "score": inputs.scores,
            "patterns": tally.patterns.describe(facts.class_names),
        }
    return content | {
        "predicted": sum(called is not None for called in facts.called),
        "verdicts": Counter(facts.verdicts.tolist()),
        "labelled": sum(bool(given) for given in facts.given),
        "labels": inputs.labels_path.name if inputs.labels_path else "",
        "trained_on": inputs.trained_on,
        "classes": _count_classes(facts),
    }


def _count_classes(facts: CellFacts) -> list[dict[str, Any]]:
    """Count the cells of each class that was predicted or given, in the order of the label set."""
    predicted, given = Counter[int](), Counter[int](label for labels in facts.given for label in labels)
    verdicts = {verdict: Counter[int]() for verdict in (RIGHT, PARTLY, WRONG)}
    for called, verdict in zip(facts.called, facts.verdicts, strict=True):
        predicted.update(called or ())
        if verdict:
            verdicts[verdict].update(called or ())
    return [
        {
            "name": name,
            "predicted": predicted[label],
            "given": given[label],
            **{verdict: counts[label] for verdict, counts in verdicts.items()},
        }
        for label, name in enumerate(facts.class_names)
        if predicted[label] or given[label]
    ]

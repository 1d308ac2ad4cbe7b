"""Prediction strings: the ``label confidence mask`` triples of one image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet

_MAX_TRIPLES = 2**21
"""Triples of an image: 32 classes of as many cells as a label image can hold."""


@dataclass(frozen=True)
class Triples:
    """The triples of one image: labels (n,) class numbers, confidences (n,) float64, n mask strings."""

    labels: NDArray[np.integer]
    confidences: NDArray[np.float64]
    masks: Sequence[str]


def choose_triples(
    masks: Sequence[str],
    probabilities: NDArray[np.floating],
    min_confidence: float = 0.0,
    max_classes: int | None = None,
) -> Triples:
    """Turn the class probabilities of an image's cells into triples, the most confident first.

    Parameters
    ----------
    masks
        (n,) mask strings of the cells.
    probabilities
        (n, classes) of each cell and class; a probability is the confidence of its triple.
    min_confidence, max_classes
        As of `choose_classes`.

    Returns
    -------
    Triples
        Sorted by confidence, descending; equal ones by cell, then by class.
    """
    cells, labels = np.nonzero(choose_classes(probabilities, min_confidence, max_classes))
    confidences = probabilities[cells, labels].astype(np.float64)
    order = np.argsort(-confidences, kind="stable")
    repeated = np.array(masks, dtype=object)[cells[order]].tolist()
    return Triples(labels[order].astype(np.int16), confidences[order], repeated)


def choose_classes(
    probabilities: NDArray[np.floating], min_confidence: float, max_classes: int | None = None
) -> NDArray[np.bool_]:
    """Choose the pairs of cell and class that give a triple.

    Parameters
    ----------
    probabilities
        (n, classes) of each cell and class.
    min_confidence
        Pairs below it give no triple.
    max_classes
        So many classes of a cell at most, its most probable ones, of equals the first; None for all.

    Returns
    -------
    ndarray (n, classes)
        Where a pair gives a triple.
    """
    chosen = np.asarray(probabilities >= min_confidence)
    if max_classes is not None and max_classes < probabilities.shape[1]:
        less = np.argsort(-probabilities, axis=1, kind="stable")[:, max_classes:]
        np.put_along_axis(chosen, less, values=False, axis=1)
    return chosen


def format_prediction_string(triples: Triples) -> str:
    """Write the triples of one image, in their order, confidences with 6 significant digits."""
    return " ".join(
        f"{label} {confidence:.6g} {mask}"
        for label, confidence, mask in zip(
            triples.labels.tolist(), triples.confidences.tolist(), triples.masks, strict=True
        )
    )


def parse_prediction_string(text: str, label_set: LabelSet = HPA2021, *, where: object) -> Triples:
    """Parse a prediction string; an empty one gives no triples.

    Parameters
    ----------
    text
        The prediction string.
    label_set
        The classes.
    where
        File and image, for messages.

    Raises
    ------
    InputError
        The tokens are no whole number of triples, or more than any image has, a label is not a class number
        of the label set or a confidence no finite number; the message names the token. Mask strings are not
        decoded here.
    """
    tokens = split_tokens(text, where=where)
    if len(tokens) % 3:
        raise InputError(
            found=f"{len(tokens)} tokens in PredictionString, which ends in {tokens[-1][:40]!r}",
            where=where,
            expected="triples of label, confidence and mask",
        )
    numbers = spell_numbers(len(label_set))
    labels = [numbers.get(token, -1) for token in tokens[0::3]]
    if -1 in labels:
        triple = labels.index(-1)
        expected = f"a class number 0..{len(label_set) - 1} of {label_set}"
        raise _bad_token(tokens, 3 * triple, "label", expected, where, "name another with score.label_set")
    confidences = [parse_confidence(token) for token in tokens[1::3]]
    if not all(map(math.isfinite, confidences)):
        triple = next(number for number, value in enumerate(confidences) if not math.isfinite(value))
        raise _bad_token(tokens, 3 * triple + 1, "confidence", "a finite number", where)
    return Triples(np.array(labels, np.int16), np.array(confidences, np.float64), tokens[2::3])


def split_tokens(text: str, *, where: object) -> list[str]:
    """Split a prediction string at blanks of any kind.

    Raises
    ------
    InputError
        There are more than ``_MAX_TRIPLES`` triples.
    """
    tokens = text.split(None, 3 * _MAX_TRIPLES)
    if len(tokens) > 3 * _MAX_TRIPLES:
        raise InputError(
            found="more triples in PredictionString than any image has",
            where=where,
            expected=f"at most {_MAX_TRIPLES}",
        )
    return tokens


@lru_cache(maxsize=8)
def spell_numbers(count: int) -> dict[str, int]:
    """Return the class numbers of a label set of so many classes by how they are written."""
    return {str(label): label for label in range(count)}


def parse_confidence(token: str) -> float:
    """Parse a confidence as programs of all languages write floats; NaN where it is none."""
    # Python takes underscores between digits, and the digits of all scripts.
    if "_" in token or not token.isascii():
        return math.nan
    try:
        return float(token)
    except ValueError:
        return math.nan


def _bad_token(
    tokens: list[str], index: int, kind: str, expected: str, where: object, advice: str = ""
) -> InputError:
    place = f"token {index + 1} of PredictionString, in triple {index // 3 + 1}"
    return InputError(
        found=f"{kind} {tokens[index][:40]!r} ({place})",
        where=where,
        expected=expected,
        advice=advice,
    )

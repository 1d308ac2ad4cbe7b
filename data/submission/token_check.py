"""The triples of a prediction string, checked one by one: a faulty one does not hide those after it."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.predictions.prediction_string import parse_confidence, spell_numbers, split_tokens
from data.submission.problem import RowProblems

_SHOWN = 40
"""Characters of a token that a message shows."""


class TripleTokens(NamedTuple):
    """A triple as it is written; its number counts from 1."""

    number: int
    label: str
    mask: str


def check_tokens(text: str, label_set: LabelSet, row: RowProblems) -> list[TripleTokens]:
    """Check the triples of a prediction string but for their masks.

    Returns
    -------
    list of TripleTokens
        All triples, also those of a wrong label or confidence, so that their masks are looked at.
    """
    try:
        tokens = split_tokens(text, where="")
    except InputError as error:
        row.add_error("triples", error)
        return []
    triples = []
    numbers = spell_numbers(len(label_set))
    for number, (label, confidence, mask) in enumerate(_find_triples(tokens, row), start=1):
        if label not in numbers:
            row.add(
                "label",
                repr(label[:_SHOWN]),
                f"a class number 0..{len(label_set) - 1} of {label_set}",
                number,
            )
        value = parse_confidence(confidence)
        if math.isnan(value) or not 0 <= value <= 1:
            row.add("confidence", repr(confidence[:_SHOWN]), "a number from 0 to 1", number)
        triples.append(TripleTokens(number, label, mask))
    return triples


def _find_triples(tokens: Sequence[str], row: RowProblems) -> Iterator[tuple[str, str, str]]:
    """Find the triples; where tokens are missing or too many, go on with the next that look like one."""
    if len(tokens) % 3 == 0:
        yield from zip(tokens[0::3], tokens[1::3], tokens[2::3], strict=True)
        return
    row.add(
        "triples",
        f"{len(tokens)} tokens, of which the last is {tokens[-1][:_SHOWN]!r}",
        "triples of label, confidence and mask",
    )
    place = 0
    while place + 2 < len(tokens):
        if _looks_like_triple(*tokens[place : place + 3]):
            yield tokens[place], tokens[place + 1], tokens[place + 2]
            place += 3
        else:
            place += 1


def _looks_like_triple(label: str, confidence: str, mask: str) -> bool:
    return _is_number(label) and _is_number(confidence) and not _is_number(mask)


def _is_number(token: str) -> bool:
    # A mask string is longer than any number that a program writes.
    return len(token) <= _SHOWN and not math.isnan(parse_confidence(token))

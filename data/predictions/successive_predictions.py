"""Predictions that are taken one after the other, as many as are asked for each time."""

import numpy as np

from data.errors import InputError
from data.predictions.stored_predictions import PredictionsPart, StoredPredictions


class SuccessivePredictions:
    """Take the rows of a predictions table in their order.

    Parameters
    ----------
    predictions
        The table.
    """

    def __init__(self, predictions: StoredPredictions) -> None:
        self._path, self._parts = predictions.path, predictions.read_parts()
        self._waiting = predictions.make_missing(0)

    def take(self, count: int) -> PredictionsPart:
        """Take the next rows.

        Raises
        ------
        InputError
            The table has fewer, or is damaged.
        """
        parts = [self._waiting]
        while (there := sum(len(part.probabilities) for part in parts)) < count:
            following = next(self._parts, None)
            if following is None:
                raise InputError(
                    found=f"{there} more rows",
                    where=self._path,
                    expected=f"{count} or more",
                    advice="do not change the table while it is read",
                )
            parts.append(following)
        joined = _join([part for part in parts if len(part.probabilities)] or parts[:1])
        self._waiting = _cut(joined, slice(count, there))
        return _cut(joined, slice(0, count))


def _join(parts: list[PredictionsPart]) -> PredictionsPart:
    if len(parts) == 1:
        return parts[0]
    embeddings = [part.embedding for part in parts if part.embedding is not None]
    return PredictionsPart(
        parts[0].start,
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate(embeddings) if embeddings else None,
    )


def _cut(part: PredictionsPart, rows: slice) -> PredictionsPart:
    embedding = None if part.embedding is None else part.embedding[rows]
    return PredictionsPart(part.start + rows.start, part.probabilities[rows], embedding)

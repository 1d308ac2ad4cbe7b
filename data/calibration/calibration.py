"""What turns the probabilities of a classifier into calibrated ones, class by class."""

from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Setting
from pydantic import FiniteFloat, Tag, model_validator
from scipy.special import expit, logit

from data.settings import Settings, kind_or

Kind = Literal["temperature", "isotonic"]

Probability = Annotated[FiniteFloat, Setting(ge=0, le=1)]


class TemperatureCalibration(Settings):
    """Divide the logit of each class's probability by the temperature of the class.

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017; here one temperature for each class
    against all others.
    """

    kind: Literal["temperature"] = "temperature"
    temperatures: tuple[Annotated[FiniteFloat, Setting(gt=0)], ...]

    @property
    def class_count(self) -> int:
        """How many classes it is of."""
        return len(self.temperatures)

    def apply(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the calibrated probabilities, (n, classes); 0 and 1 stay."""
        return expit(logit(np.asarray(probabilities, np.float64)) / np.array(self.temperatures))


class IsotonicCurve(Settings):
    """A rising curve through points, level beyond its ends, between them straight."""

    probabilities: tuple[Probability, ...]
    calibrated: tuple[Probability, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.probabilities or len(self.probabilities) != len(self.calibrated):
            message = f"{len(self.probabilities)} points with {len(self.calibrated)} values"
            raise ValueError(message)
        if (np.diff(self.probabilities) <= 0).any() or (np.diff(self.calibrated) < 0).any():
            message = "the points of the curve do not rise"
            raise ValueError(message)
        return self


class IsotonicCalibration(Settings):
    """Replace each class's probability by that of a rising curve.

    References
    ----------
    Zadrozny and Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates,
    KDD 2002.
    """

    kind: Literal["isotonic"] = "isotonic"
    curves: tuple[IsotonicCurve, ...]

    @property
    def class_count(self) -> int:
        """How many classes it is of."""
        return len(self.curves)

    def apply(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the calibrated probabilities, (n, classes)."""
        columns = [
            np.interp(column, curve.probabilities, curve.calibrated)
            for column, curve in zip(np.asarray(probabilities, np.float64).T, self.curves, strict=True)
        ]
        return np.stack(columns, axis=1)


Calibration: TypeAlias = Annotated[
    Annotated[TemperatureCalibration, Tag("temperature")] | Annotated[IsotonicCalibration, Tag("isotonic")],
    kind_or(""),
]
"""What calibrates, by ``kind``, which has to be named."""

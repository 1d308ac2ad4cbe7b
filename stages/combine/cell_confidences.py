"""The confidences of a submission, from what was predicted for the cells of some images."""

from typing import Any

import numpy as np
import pandas as pd

from data.predictions.predictions_table import read_calibrations, read_class_names, read_image_weight
from data.rules.cell_facts import FACT_COLUMNS, collect_facts
from data.rules.rules import Confidences, apply_rules, with_negative
from stages.combine.image_cells import ImageCells
from stages.combine.image_table import read_image_probabilities
from stages.combine.joined_cells import SubmissionClasses
from stages.combine.paths import CombineInputs
from stages.combine.settings import CombineSettings
from stages.combine.survey import Survey


class CellConfidences:
    """Compute the confidences of cells.

    Parameters
    ----------
    inputs, settings
        Of the stage.
    survey
        What is known of all cells.

    Attributes
    ----------
    details
        What is to be recorded of the classes and of their probabilities.

    Raises
    ------
    InputError
        The label set has none of the predicted classes, a rule is of a class that there is not or cannot be
        applied to these probabilities, or the table of fields lacks an image.
    """

    def __init__(self, inputs: CombineInputs, settings: CombineSettings, survey: Survey) -> None:
        self._pixel_sizes_um, self._survey = inputs.pixel_sizes_um, survey
        self._classes = SubmissionClasses(inputs.predictions_path, settings.label_set)
        self._rules = with_negative(settings.rules, self._classes.negative)
        self.details: dict[str, Any] = dict(self._classes.details)
        calibrations = read_calibrations(inputs.predictions_path)
        if calibrations is not None:
            self.details["calibrations"] = list(calibrations)
        self._weight = read_image_weight(inputs.predictions_path)
        images = inputs.image_predictions_path
        self._of_images = None
        if images is not None:
            self._of_images = read_image_probabilities(
                images, survey.image_ids, inputs.predictions_path, settings.label_set
            )
        # Rules that cannot be applied are refused where there is no cell, too.
        columns = pd.DataFrame(columns=["image_id", *FACT_COLUMNS])
        classes = len(read_class_names(inputs.predictions_path))
        self.compute(ImageCells([], columns, np.empty((0, classes), np.float32), 0))

    def compute(self, cells: ImageCells) -> Confidences:
        """Compute the confidences (n, classes) of all kept cells of some images."""
        facts = collect_facts(cells.kept, self._pixel_sizes_um, in_um=self._survey.in_um)
        of_images = None
        if self._of_images is not None:
            of_images = self._of_images[np.searchsorted(self._survey.image_ids, facts.image_ids)]
        return apply_rules(
            self._classes.merge(cells.probabilities),
            facts,
            self.details["class_names"],
            self._rules,
            self._weight,
            of_images,
            self._survey.spread,
        )

"""A submission checked from end to end: every problem is reported, and hides none of the others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet
from data.masks.mask_error import MaskError
from data.masks.run_budget import RunBudget
from data.predictions.submission import SHOWN, SIZES, check_size
from data.predictions.submission_table import COLUMNS, check_fields, find_columns, read_table
from data.score.mask_overlap import MaskRuns
from data.submission.mask_check import check_masks
from data.submission.problem import Problem, Problems, RowProblems
from data.submission.sample import Sample, decode_known_masks
from data.submission.token_check import check_tokens
from data.tables.id_hints import explain_ids
from data.text.readable_text import readable_line


@dataclass
class SubmissionCheck:
    """What was checked, and what was found.

    Attributes
    ----------
    images, triples, masks
        Rows, triples, and distinct mask strings of each image.
    problems
        What was found.
    """

    images: int
    triples: int
    masks: int
    problems: Problems


def check_submission(
    path: str | PathLike[str],
    sample: Sample | None = None,
    label_set: LabelSet = HPA2021,
    advance: Callable[[int], None] = lambda _: None,
) -> SubmissionCheck:
    """Check a submission.

    Parameters
    ----------
    path
        The file.
    sample
        The images that it has to have, where they are known.
    label_set
        The classes.
    advance
        Called with 1 for each row.

    Raises
    ------
    InputError
        The file is missing, or not even its first line can be read.
    """
    table = read_table(path)
    _, header = next(table)
    check = _FileCheck(sample, label_set)
    places = check.check_header(header)
    if places is None:
        return check.result
    for line, values in _read_on(table, check.result.problems):
        check.check_row(line, values, header, places)
        advance(1)
        if check.is_exhausted:
            # Of a file that is made to do harm, nothing more is unpacked.
            return check.result
    check.check_images()
    return check.result


def _read_on(table: Iterator[tuple[int, list[str]]], problems: Problems) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for line, values in table:
            yield line, values
    except InputError as error:
        problems.add(Problem("table", line + 1, "", None, error.found, "a table that can be read to its end"))


class _FileCheck:
    """Check row after row."""

    def __init__(self, sample: Sample | None, label_set: LabelSet) -> None:
        self._sample, self._label_set = sample, label_set
        self._lines: dict[str, int] = {}
        self._budget = RunBudget()
        self.result = SubmissionCheck(0, 0, 0, Problems())

    @property
    def is_exhausted(self) -> bool:
        """Whether the masks unpack to far more than cells do, so that nothing more should be unpacked."""
        return self._budget.exhausted

    def check_header(self, header: Sequence[str]) -> list[int] | None:
        """Find the columns; None where nothing below can be read without them."""
        row = RowProblems(self.result.problems, 1, "")
        others = [name for name in header if name not in COLUMNS]
        try:
            places = find_columns(header, "")
        except InputError as error:
            row.add_error("header", error)
            return None
        if others:
            found = f"the column {' and '.join(map(repr, others))[:100]}"
            row.add("header", readable_line(found), f"the columns {','.join(COLUMNS)} alone")
        return places

    def check_row(
        self, line: int, values: Sequence[str], header: Sequence[str], places: Sequence[int]
    ) -> None:
        """Check one row."""
        self.result.images += 1
        row = RowProblems(self.result.problems, line, readable_line(values[0][:SHOWN]))
        try:
            check_fields(values, header, "")
        except InputError as error:
            row.add_error("fields", error)
            return
        image_id, width, height, text = (values[place] for place in places)
        row = RowProblems(self.result.problems, line, readable_line(image_id[:SHOWN]))
        self._check_id(image_id, line, row)
        size = self._check_sizes(image_id, (width, height), row)
        triples = check_tokens(text, self._label_set, row)
        self.result.triples += len(triples)
        if size is not None:
            known = self._known_masks(image_id, size) if triples else []
            try:
                self.result.masks += check_masks(triples, size, known, self._budget, row)
            except MaskError as error:
                row.add_error("bomb", error)

    def check_images(self) -> None:
        """Check that all images of the sample are there, once all rows are read."""
        if self._sample is None:
            return
        missing = [image_id for image_id in self._sample.rows if image_id not in self._lines]
        unknown = [image_id for image_id in self._lines if image_id not in self._sample.rows]
        hint = explain_ids(unknown, missing)
        if hint:
            RowProblems(self.result.problems, None, "").add("id", hint, f"the IDs of {self._sample.source}")
        for image_id in missing:
            row = RowProblems(self.result.problems, None, readable_line(image_id[:SHOWN]))
            row.add("missing", "no row", f"one row for each image of {self._sample.source}")

    def _check_id(self, image_id: str, line: int, row: RowProblems) -> None:
        if not image_id:
            row.add("id", "an empty ID", "the image's ID")
            return
        before = self._lines.setdefault(image_id, line)
        if before != line:
            row.add("repeated", f"this ID is on line {before}, too", "one row for each image")
        elif self._sample is not None and image_id not in self._sample.rows:
            row.add("unknown", "an image that is not in the sample", f"an image of {self._sample.source}")

    def _check_sizes(self, image_id: str, given: tuple[str, str], row: RowProblems) -> tuple[int, int] | None:
        """Check width and height; return height and width, the sample's where they are of no use."""
        known = self._sample.rows.get(image_id) if self._sample is not None else None
        sizes = []
        for column, text in zip(SIZES, given, strict=True):
            try:
                sizes.append(check_size(column, text, ""))
            except InputError as error:
                row.add_error("size", error)
        if len(sizes) < len(SIZES):
            return None if known is None else (known.height, known.width)
        width, height = sizes
        if known is None or (width, height) == (known.width, known.height):
            return height, width
        is_exchanged = (height, width) == (known.width, known.height)
        row.add(
            "exchanged" if is_exchanged else "size",
            f"{width} x {height} px (width x height)",
            f"{known.width} x {known.height} px, as in the sample",
        )
        return (known.height, known.width) if is_exchanged else (height, width)

    def _known_masks(self, image_id: str, size: tuple[int, int]) -> list[MaskRuns]:
        row = self._sample.rows.get(image_id) if self._sample is not None else None
        if self._sample is None or row is None or (row.height, row.width) != size:
            return []
        return decode_known_masks(row, self._sample.source)

"""The subjects of the corpus and their cases."""

from collections.abc import Mapping, Sequence

from tests.corpus import configurations, labels, path_lists, segmenter_weights, submissions, weights
from tests.corpus.case import Case
from tests.corpus.fields import containers, names, png_jpeg, tiff
from tests.corpus.indexes import cell_files, rows
from tests.corpus.masks import label_images, other_formats

SUBJECTS: Mapping[str, Sequence[Case]] = {
    "PNG and JPEG": png_jpeg.CASES,
    "TIFF": tiff.CASES,
    "OME-TIFF, ImageJ, OME-Zarr": containers.CASES,
    "names, folders and channels": names.CASES,
    "path lists": path_lists.CASES,
    "labels": labels.CASES,
    "configurations": configurations.CASES,
    "indexes of cells": rows.CASES,
    "files of cells": cell_files.CASES,
    "masks, label images": label_images.CASES,
    "masks, other formats": other_formats.CASES,
    "submissions": submissions.CASES,
    "weights of classifiers": weights.CASES,
    "weights of a segmenter": segmenter_weights.CASES,
}

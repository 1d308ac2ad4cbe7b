from pathlib import Path

import numpy as np

from data.masks.rle import encode_mask
from data.predictions.submission import Submission, SubmissionRow, read_submission, write_submission
from data.score.mask_matching import join_images, match_masks

HEIGHT, WIDTH = 4, 5


def mask(columns: slice) -> str:
    content = np.zeros((HEIGHT, WIDTH), bool)
    content[:, columns] = True
    return encode_mask(content)


WHOLE, MOST, LEFT, EMPTY = mask(slice(None)), mask(slice(4)), mask(slice(1)), mask(slice(0))


def table(path: Path, **images: str) -> Submission:
    write_submission(
        path, [SubmissionRow(image_id, WIDTH, HEIGHT, text) for image_id, text in images.items()]
    )
    return read_submission(path)


def test_pairs_are_of_one_image_and_name_the_masks(tmp_path: Path) -> None:
    truth = table(tmp_path / "truth.csv", b=f"0 1 {LEFT} 1 1 {WHOLE}", a=f"0 1 {LEFT}", c=f"0 1 {EMPTY}")
    submission = table(
        tmp_path / "submission.csv",
        x=f"0 1 {WHOLE}",
        a=f"0 1 {WHOLE} 0 1 {EMPTY}",
        b=f"0 1 {MOST} 5 1 {LEFT} 7 1 {MOST}",
    )
    images = join_images(submission, truth)
    # In the order of the IDs: a, b, c.
    assert images.truth_rows.tolist() == [1, 0, 2]
    assert images.submission_rows.tolist() == [1, 2, -1]
    assert images.of_truth(truth.triples["image"]).tolist() == [1, 1, 0, 2]
    assert images.of_submission(submission.triples["image"]).tolist() == [-1, 0, 0, 1, 1, 1]
    matches = match_masks(submission, truth, images, 0.6)
    named = [
        (submission.masks[mask], truth.masks[truth_mask], iou)
        for mask, truth_mask, iou in matches.pairs.itertuples(index=False, name=None)
    ]
    assert named == [(MOST, WHOLE, 0.8), (LEFT, LEFT, 1.0)]
    assert submission.masks == [WHOLE, WHOLE, EMPTY, MOST, LEFT]
    assert matches.has_pixels.tolist() == [False, True, False, True, True]
    assert truth.masks == [LEFT, WHOLE, LEFT, EMPTY]
    assert matches.truth_has_pixels.tolist() == [True, True, True, False]


def test_nothing_in_common(tmp_path: Path) -> None:
    truth, submission = table(tmp_path / "truth.csv"), table(tmp_path / "submission.csv", a=f"0 1 {WHOLE}")
    for files in ((submission, truth), (truth, submission)):
        matches = match_masks(*files, join_images(*files), 0.6)
        assert matches.pairs.to_dict("list") == {"mask": [], "truth_mask": [], "iou": []}

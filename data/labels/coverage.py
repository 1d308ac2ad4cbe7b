"""Whether labels and images belong together."""

import logging
from collections.abc import Collection, Iterable, Mapping

from data.errors import InputError
from data.tables.id_hints import explain_ids

log = logging.getLogger("hpacells")


def check_coverage(labels: Mapping[str, object], image_ids: Iterable[str], *, where: object) -> None:
    """Check that labels cover some images; warn of IDs that nearly are those of images without a label.

    Raises
    ------
    InputError
        They cover none.
    """
    images = set(image_ids)
    check_others(
        labels.keys() - images,
        images - labels.keys(),
        common=len(labels.keys() & images),
        first=(next(iter(labels), "none"), min(images, default="none")),
        where=where,
    )


def check_others(
    unknown: Collection[str],
    unlabelled: Collection[str],
    *,
    common: int,
    first: tuple[str, str],
    where: object,
) -> None:
    """Check labels as `check_coverage` does, by the images that labels or cells alone have.

    Parameters
    ----------
    unknown, unlabelled
        Images that have labels alone, and those that have none.
    common
        How many images have labels and are there.
    first
        The first image of the label file, and the first one that is there by its name.
    where
        The label file.

    Raises
    ------
    InputError
        No image is in both.
    """
    hint = explain_ids(unknown, unlabelled)
    if not common:
        raise InputError(
            found=f"none of the {len(unlabelled)} images has a label (the file's {len(unknown)} IDs are "
            f"others, such as {first[0]}; an image here is {first[1]})" + (f": {hint}" if hint else ""),
            where=where,
            expected="the image's file name without its _channel ending as ID",
            advice="correct the IDs" if hint else "give the label file that belongs to these images",
        )
    if hint:
        log.warning(
            "%s: %d of %d images have no label; %s; correct these IDs if they are the same images",
            where,
            len(unlabelled),
            common + len(unlabelled),
            hint,
        )

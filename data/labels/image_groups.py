"""Groups of images that belong together: a mosaic's cells, a protein's images, near duplicates."""

from collections.abc import Mapping, Sequence

import numpy as np

from data.components import label_components


def join_groups(image_ids: Sequence[str], *groupings: Mapping[str, str]) -> dict[str, str]:
    """Join the images that share a group in any of several groupings, directly or by way of others.

    Parameters
    ----------
    image_ids
        The images, each once.
    groupings
        Image ID -> name of its group. An image that one of them lacks, or whose name is empty, is alone
        there; the same name in two groupings means two groups.

    Returns
    -------
    dict
        Image ID -> the smallest image ID of its joint group.
    """
    nodes: dict[tuple[int, str], int] = {}
    links = [
        (image, nodes.setdefault((number, grouping[image_id]), len(nodes)))
        for number, grouping in enumerate(groupings)
        for image, image_id in enumerate(image_ids)
        if grouping.get(image_id)
    ]
    images, groups = np.array(links, np.int64).reshape(-1, 2).T
    count = len(image_ids) + len(nodes)
    components = label_components(count, images, groups + len(image_ids))
    first: dict[int, str] = {}
    joint = components[: len(image_ids)].tolist()
    for image_id, component in sorted(zip(image_ids, joint, strict=True)):
        first.setdefault(component, image_id)
    return {image_id: first[component] for image_id, component in zip(image_ids, joint, strict=True)}

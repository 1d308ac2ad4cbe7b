"""Connected components of a graph that is given by its links."""

import numpy as np
from numpy.typing import NDArray


def label_components(count: int, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return the number of each node's component.

    Parameters
    ----------
    count
        Number of nodes.
    one, other
        (m,) the nodes that each of m links joins, 0..count-1.

    Returns
    -------
    ndarray (count,)
        Equal for nodes that are joined by links, directly or by way of others.
    """
    # Takes a third of a second, which commands that only check settings must not wait for.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one), bool), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.intp)

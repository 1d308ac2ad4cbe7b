"""Embeddings laid out in a plane, so that cells which are alike to the network lie together."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

Method = Literal["t-sne", "pca"]

_PERPLEXITY = 30.0


def project(embeddings: NDArray[np.floating], method: Method, seed: int) -> NDArray[np.float64]:
    """Lay embeddings out in two dimensions.

    Parameters
    ----------
    embeddings
        (n, E), two or more of both.
    method
        "t-sne" (van der Maaten and Hinton 2008; starts from the principal components, perplexity 30 or, of
        few cells, a third of their number) or "pca" (the first two principal components).
    seed
        Of the random numbers.

    Returns
    -------
    ndarray (n, 2)
        float64.
    """
    if method == "pca":
        return np.asarray(PCA(2, random_state=seed).fit_transform(embeddings), np.float64)
    perplexity = max(1.0, min(_PERPLEXITY, (len(embeddings) - 1) / 3))
    layout = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    return np.asarray(layout.fit_transform(embeddings), np.float64)

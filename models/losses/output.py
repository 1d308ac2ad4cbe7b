"""What a classifier's outputs mean."""

from typing import Literal

Output = Literal["single-label", "multi-label"]
"""Which probabilities a loss is about: the classes' softmax, or the sigmoid of each."""

"""Albumentations, imported without asking the network for a newer version of itself."""

import os

# It asks when it is imported, unless it is told not to.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as transforms

Transform = transforms.BasicTransform | transforms.BaseCompose
"""What may stand in a list of changes."""

__all__ = ["Transform", "transforms"]

"""Albumentations, imported without asking the network for a newer version of itself.

It takes a good part of a second, so the sets of changes import this module only when they make their changes.
"""

import os
import sys

# It asks when it is imported, unless it is told not to.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

# It would import torch (seconds) for a part that turns images into tensors, unless that is not to be had.
_BRIDGE = "albumentations.pytorch"
sys.modules.setdefault(_BRIDGE, None)  # type: ignore[arg-type]

import albumentations as transforms  # noqa: E402 (needs the two lines above)

if sys.modules[_BRIDGE] is None:
    del sys.modules[_BRIDGE]

Transform = transforms.BasicTransform | transforms.BaseCompose
"""What may stand in a list of changes."""

__all__ = ["Transform", "transforms"]

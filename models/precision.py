"""In which precision a user may ask a network to be trained."""

from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]

"""Where the weights lie that come with hpacells; read without torch."""

from pathlib import Path

LITE_WEIGHTS = Path(__file__).with_name("lite.safetensors")
"""The weights of the lite network that come with hpacells."""

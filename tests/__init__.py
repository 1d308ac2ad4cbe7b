"""Tests; a package, so that its factories are found before another package named ``tests``."""

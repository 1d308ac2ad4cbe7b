"""Backbones: from a tile to its features, by networks of timm and by hand-made ones."""

"""Crops: cut every cell to a tile."""

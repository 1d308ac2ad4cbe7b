"""Tiles of single cells: cropping, store, preparation and batches."""

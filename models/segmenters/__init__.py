"""Segmenters: from the stains of a field to its nuclei and cells."""

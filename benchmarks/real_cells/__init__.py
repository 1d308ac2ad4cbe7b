"""A recipe on labelled real pre-cropped cells, cross-validated."""

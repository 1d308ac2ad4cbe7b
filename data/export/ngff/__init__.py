"""OME-Zarr: images and label images in levels of falling size, with their metadata."""

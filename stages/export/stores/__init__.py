"""The formats that are Zarr stores: images, label images and what is known of the cells."""

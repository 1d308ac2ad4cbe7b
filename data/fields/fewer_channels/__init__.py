"""Fields that lack channels: which the folder has, and the planes of the others."""

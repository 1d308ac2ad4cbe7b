"""The networks of cellpose as a segmenter, where the package and weights of the user's are present."""

"""Settings of stages by themselves, so that they are checked without the libraries that the stages import."""

"""How good predictions are: figures a class and over all, for cells, images and proteins."""

"""Which cells are trained on, their labels, and how they are divided into folds."""

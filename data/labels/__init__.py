"""Labels of images: files, label sets and folds."""

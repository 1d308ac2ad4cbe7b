"""One reader for each kind of file that holds masks."""

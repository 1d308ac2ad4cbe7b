"""Random changes of tiles that keep their class: a set of them a file, and what applies a set."""

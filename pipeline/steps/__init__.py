"""The steps of the graph, one file per command."""

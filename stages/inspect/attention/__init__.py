"""The pooling attention of the network, over the tiles of a report."""

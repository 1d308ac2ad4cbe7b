"""Work items on the machines of a Ray cluster, or on this one by Ray."""

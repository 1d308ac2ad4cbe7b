"""What runs when: the command line, the configuration, the graph of stages and its manifests."""

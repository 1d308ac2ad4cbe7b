"""Settings from files and the command line."""

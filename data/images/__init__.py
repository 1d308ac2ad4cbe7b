"""Image files: which picture of a file a channel is, and decoding it."""

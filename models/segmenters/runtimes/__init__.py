"""Runtimes that run a segmenter's network on single images, from many threads."""

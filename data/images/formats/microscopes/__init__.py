"""Formats of microscope makers, each read by a package of its own that is installed on request."""

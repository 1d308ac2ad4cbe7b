"""Paths of files, as they are kept in memory."""

"""Formats and pure functions; nothing here needs torch."""

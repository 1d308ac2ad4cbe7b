"""Cutting cells out of fields, and fitting them into tiles."""

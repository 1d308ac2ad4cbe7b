"""Optimisers and their settings."""

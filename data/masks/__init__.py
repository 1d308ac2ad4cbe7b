"""Masks: label images and run lengths."""

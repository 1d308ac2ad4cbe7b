"""Simulate: write fields with known cells and labels."""

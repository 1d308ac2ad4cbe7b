"""Synthetic HPA-like fields with known cells and labels."""

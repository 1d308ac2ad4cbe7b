"""Weights of classes."""

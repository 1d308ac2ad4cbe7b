"""Measured features of single cells."""

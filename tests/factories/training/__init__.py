"""Trainings, and what they are of."""

"""Checks of SimHPA-19, the simulated benchmark: what it asks of a classifier, and how real it looks."""

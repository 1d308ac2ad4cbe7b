"""Figures of merit of predictions, against labels."""

"""Calibration of probabilities, class by class, so that of the cells called with 0.8 about 80 % are right."""

"""The four stains of an HPA field, in the one order that hpacells uses everywhere."""

CHANNELS = ("red", "green", "blue", "yellow")
"""R = microtubules, G = the protein of interest, B = nucleus, Y = endoplasmic reticulum."""

STAINS = {"red": "microtubules", "green": "protein", "blue": "nucleus", "yellow": "ER"}
"""What each channel shows, in a word."""

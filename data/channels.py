"""The four stains of an HPA field, in the one order that hpacells uses everywhere."""

CHANNELS = ("red", "green", "blue", "yellow")
"""R = microtubules, G = the protein of interest, B = nucleus, Y = endoplasmic reticulum."""

OPTIONAL_CHANNELS = ("red", "yellow")
"""Without these fields can be processed, too; nucleus and protein are needed."""

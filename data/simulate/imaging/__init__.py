"""From painted light to the four channels of a field."""

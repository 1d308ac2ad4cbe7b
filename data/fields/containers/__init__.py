"""Files of several channels: what they hold, which channel is which stain, and their fields."""

"""Reading pickled weights without running anything in them."""

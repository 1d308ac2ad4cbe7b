"""Reading pickles without running anything in them."""

"""Published weights of segmenters: where they come from, reading them safely, and keeping them."""

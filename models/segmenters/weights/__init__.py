"""Published weights of segmenters: fetched, checked, converted and kept."""

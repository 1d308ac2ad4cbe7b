"""Pictures as programs and microscopes write them."""

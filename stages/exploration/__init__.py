"""The parts of exploring a label set: its plots, its examples, and the page that shows them."""

"""The parts of a feature analysis: its cells and their classes, its pictures and tables."""

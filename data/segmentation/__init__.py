"""Labelled fields to train a segmenter on: their sources, random crops, and the maps to predict."""

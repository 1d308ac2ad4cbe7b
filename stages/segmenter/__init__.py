"""Segmenter: train and compare segmenters."""

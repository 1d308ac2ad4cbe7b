"""Servers of the tests of images and work folders at URLs."""

"""Heads: from a backbone's features to an embedding and the logits of the classes."""

"""Merge: join what machines made of the shards of a set, so that it is as if one had made all."""

"""Sequence models: blocks, hybrid patterns, sizes, generation, weights on disk."""

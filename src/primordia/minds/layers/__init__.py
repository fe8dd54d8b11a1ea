"""Sequence layers: one family, three faces each (parallel, chunkwise, step) that agree."""

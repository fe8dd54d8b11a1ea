"""The mesa layer: a memory that is the best least-squares fit of all pairs so far (arXiv 2506.05233)."""

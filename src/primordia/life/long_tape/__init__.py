"""One long circular tape with many start points, instead of many programs that meet (arXiv 2406.19108, section 2.4)."""

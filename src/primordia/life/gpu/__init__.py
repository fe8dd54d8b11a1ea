"""Soups on a graphics card: the same substrates, the same bits."""

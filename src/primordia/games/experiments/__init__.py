"""The experiments of this wing."""

"""The experiments of the wing, a file each."""

"""The tools of the wing, a file each: `primordia life TOOL`."""

"""What outlasts a look at a run: the freezer, and bookmarks."""

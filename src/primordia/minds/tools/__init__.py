"""Tools of this wing, called as `primordia minds WORD`."""

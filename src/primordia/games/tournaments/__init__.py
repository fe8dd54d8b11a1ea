"""Many strategies against one another: round robin, evolution, ratings."""

"""Who lives in a soup: families and their numbers over time, what they do to each other, where they come from."""

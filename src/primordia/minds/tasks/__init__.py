"""Tasks with exact generators, each with the best predictor that is known for it."""

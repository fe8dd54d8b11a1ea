"""Training as a pure function of state and step."""

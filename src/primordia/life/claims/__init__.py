"""What is said about the systems of this wing, as data, and how each statement is measured."""

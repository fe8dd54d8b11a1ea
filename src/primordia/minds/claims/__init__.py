"""What the papers say, and how it is measured here."""

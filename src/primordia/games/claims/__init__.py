"""What the papers say, as data."""

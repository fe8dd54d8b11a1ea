"""What one may ask beside a run."""

"""Where programs come from: births, ancestors, tracer tokens, and what would have been without an event."""

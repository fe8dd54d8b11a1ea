"""One run whose state is larger than a machine: its shards live in actors, its bits are those of one process."""

"""An archipelago in shards: what an island does alone, what islands send each other, and how their numbers merge."""

"""Text as tokens: bytes or trained pairs, from local files or a streamed data set, packed into rows."""

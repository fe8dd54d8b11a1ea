"""Games: pure functions of one game, batched by vmap, each with a slow twin in the tests."""

"""Compiled draws for tests: compiled without optimisation, which takes a third of the time and gives the same draws."""

import functools

import jax

compiled = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})


@functools.cache
def _draw(task, n_batch):
    return compiled(lambda key: task.draw(key, n_batch))


def draw(task, seed, n_batch):
    """A batch of a task; each task and size is compiled once."""
    return _draw(task, n_batch)(jax.random.key(seed))

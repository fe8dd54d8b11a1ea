"""Compiled functions and draws for tests, without what the compiler does for speed: that takes most of its time."""

import functools

import jax

QUICK = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
"""Options of XLA with which it compiles in a third to a sixth of the time; draws are the same."""

compiled = functools.partial(jax.jit, compiler_options=QUICK)


@functools.cache
def _draw(task, n_batch):
    return compiled(lambda key: task.draw(key, n_batch))


def draw(task, seed, n_batch):
    """A batch of a task; each task and size is compiled once."""
    return _draw(task, n_batch)(jax.random.key(seed))

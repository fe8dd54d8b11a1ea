"""Predictors that learn in context: sequence layers, models, tasks with oracles, training and probes."""

import os

LEAST_POOL = 4
# JAX sizes its pool by this when it starts. LAPACK calls occupy a thread of the pool and wait for others of it: with
# two threads, two calls at a time wait for ever (jaxlib 0.10.2, seen with eigvalsh beside solve on two cores).
os.environ.setdefault("NPROC", str(max(LEAST_POOL, os.cpu_count() or 1)))

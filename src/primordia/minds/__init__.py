"""Predictors that learn in context: sequence layers, models, tasks with oracles, training and probes."""

from primordia.core import threads

threads.prepare_jax()

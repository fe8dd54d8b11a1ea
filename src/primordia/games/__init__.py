"""Learners among learners: games, policies, estimators that see the other learner, tournaments and embedded agents."""

from primordia.core import threads

threads.prepare_jax()

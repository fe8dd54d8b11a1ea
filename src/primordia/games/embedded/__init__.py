"""Agents that are part of the universe they reason about: finite hypothesis classes, exact Bayes."""

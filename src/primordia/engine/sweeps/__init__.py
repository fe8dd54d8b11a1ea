"""Sweeps: many runs of one plan, in a folder that is a root of ordinary run folders."""

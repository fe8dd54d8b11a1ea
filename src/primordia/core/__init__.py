"""The contract: what an experiment is, and everything the engine and the wings agree on.

Nothing here reads a clock, a file or an environment variable, and nothing here imports a kernel.
"""

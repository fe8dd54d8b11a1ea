"""The contract: what an experiment is, and everything the engine and the wings agree on.

Nothing here imports a kernel or reads a clock. What a result can depend on reads no file and no environment variable
either; three helpers do, for things that change only the time a result takes or hold it to its promises: `threads` asks
for the cores, `cache` finds the folder of compiled kernels, and `checks` runs an experiment again in another process.
"""

"""The engine owns the loop, time, files, checkpoints and devices; an experiment never knows that it is being run."""

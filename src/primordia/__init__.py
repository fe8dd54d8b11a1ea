"""primordia: a laboratory in which emergent intelligence is run, watched, measured and verified."""

__version__ = "0.1.0"

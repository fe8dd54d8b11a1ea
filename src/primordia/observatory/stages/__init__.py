"""Processes in which one run is run, replayed or exported; each talks to the server through a pipe."""

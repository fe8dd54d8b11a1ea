"""What stands at a place that somebody points at: programs, their executions, their meetings, their specimens."""

"""Policy cases: reads, runs and mutates them."""

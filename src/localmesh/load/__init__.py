"""Load on the running mesh: requests at a fixed rate, independent of the responses."""

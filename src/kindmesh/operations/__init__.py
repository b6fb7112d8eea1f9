"""What is done to a cluster that runs: faults, rotation, status."""

"""Takes a verb of the justfile to the backend that runs: the local mesh or the cluster."""

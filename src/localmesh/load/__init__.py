"""A load on the mesh that runs: requests at a fixed rate, whatever the answers do."""

"""The control plane: what every sidecar is told, and the pods that run."""

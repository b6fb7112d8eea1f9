"""The control plane: runs the pods, and sends every sidecar its configuration."""

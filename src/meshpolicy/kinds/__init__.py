"""The kinds of Kubernetes objects: their types, how they are read, and what refuses them. Pure."""

"""Values and how they are compared: no files, no sockets, no Kubernetes objects."""

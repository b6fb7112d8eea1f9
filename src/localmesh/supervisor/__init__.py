"""The background process that owns a mesh, and the command line's client for it."""

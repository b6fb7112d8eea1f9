"""The background process that owns a mesh, and how the command line speaks with it."""

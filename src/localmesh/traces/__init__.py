"""The spans of a mesh's pods: receives, stores, forwards and draws them."""

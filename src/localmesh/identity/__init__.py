"""Identities of pods: the mesh's certificate authority, and the certificate of each pod."""

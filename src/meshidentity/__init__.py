"""Certificates as Linkerd has them: made here for the local mesh, and for a cluster without cert-manager. No I/O."""

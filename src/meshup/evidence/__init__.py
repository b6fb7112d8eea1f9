"""Writes a folder of evidence: what the manifests prove, what the running mesh showed, tenet by tenet of SP 800-207."""

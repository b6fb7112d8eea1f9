"""Where documents come from: files, git revisions, a cluster."""

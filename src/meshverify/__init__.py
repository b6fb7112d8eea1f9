"""What a live verification is made of, on a cluster and on the local mesh: causes, findings, tables, loads. Pure."""

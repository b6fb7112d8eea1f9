"""What `verify` proves on the running cluster, one file a group."""

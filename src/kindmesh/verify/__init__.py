"""What `verify` checks on the running cluster, one file a group."""

"""What breaks if deny is the default: compares the calls that workloads need with those that are allowed. Pure."""

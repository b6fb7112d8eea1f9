"""What breaks if deny is the default: what workloads need, held against what would be allowed. Pure."""

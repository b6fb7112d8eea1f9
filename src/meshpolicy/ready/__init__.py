"""What breaks if deny goes on: what workloads need, held against what would be allowed. Pure."""

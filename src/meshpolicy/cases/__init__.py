"""What was agreed: policy cases, which are run and mutated, and files of accepted access."""

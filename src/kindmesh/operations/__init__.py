"""Operations on a running cluster: faults, rotation, status."""

"""What `lint` finds: one function a finding, found by its code. Pure."""

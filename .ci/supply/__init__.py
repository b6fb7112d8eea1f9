"""What a release is made of, and how one is cut."""

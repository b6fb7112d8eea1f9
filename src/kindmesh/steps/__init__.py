"""What `up` and `down` do, step by step; each step can be run again."""

"""Policies made from observed calls: the least that allows them, with what it opens besides said and proved."""

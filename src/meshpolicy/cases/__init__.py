"""Policy cases, which are run and mutated, sentences to prove, and files of accepted access."""

"""Output forms: results as text, tables and drawings."""

"""How kubectl, helm and other tools are run, and what they answer."""

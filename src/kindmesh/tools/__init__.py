"""The tools of a cluster: how kubectl, helm and others are run, and what they answer."""

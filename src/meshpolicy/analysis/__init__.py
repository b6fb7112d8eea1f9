"""Questions about all calls: who may call whom, what changes, what would close a gap."""

"""The trust anchor and the issuer: who keeps them, and what every sidecar trusts."""

"""Decides one call: transport, routing, authorization, network, verdict. Pure."""

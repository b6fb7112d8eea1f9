"""The spans that the pods of a mesh send: received, kept for a while, passed on to a collector, and drawn."""

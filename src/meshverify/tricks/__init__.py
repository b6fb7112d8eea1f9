"""Requests that are written in unusual ways, and how a proxy must read each. Data, in the words of the RFCs. Pure."""

"""Sends real requests as a chosen client, and compares the outcome with the policies' prediction."""

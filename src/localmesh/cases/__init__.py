"""Plays policy cases on real Envoys: echo servers behind sidecars, and the requests of each case sent for real."""

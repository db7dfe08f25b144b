"""Measurements, run by hand: how near the program comes to what the machine and the wire allow."""

"""Registers of owners: who holds which share of a plant, and which plants are one firm."""

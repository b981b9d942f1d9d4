"""Weights: elicitation methods, and the weights a profile gives each criterion."""

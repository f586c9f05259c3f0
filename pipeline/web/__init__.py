"""Addresses: canonical urls and sites."""

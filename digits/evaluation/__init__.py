"""Evaluate a model: metrics, tables and figures."""

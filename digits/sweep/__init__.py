"""Recipes compared honestly: each trained with the same seeds on the same splits."""

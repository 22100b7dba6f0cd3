"""Compare recipes, each trained with the same seeds on the same splits."""

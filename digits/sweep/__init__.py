"""Compare recipes: train each with the same seeds on the same splits."""

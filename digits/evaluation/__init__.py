"""What a model is worth: measures, tables and pictures."""

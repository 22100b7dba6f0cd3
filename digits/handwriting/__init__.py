"""From any picture of a digit to a reading of it."""

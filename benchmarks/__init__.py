"""What the README says of accuracy and speed, as programs that print it."""

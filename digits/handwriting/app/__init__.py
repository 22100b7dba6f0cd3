"""Web page on which you draw a digit and the network reads it."""

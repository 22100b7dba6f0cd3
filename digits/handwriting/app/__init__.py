"""The page on which one draws a digit and sees what the network takes it for."""

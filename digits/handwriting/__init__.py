"""Read a digit from any picture: decode, binarize, normalize to an MNIST image, predict."""

"""What the stages are made of: arrays and plain values in, arrays and plain values out."""

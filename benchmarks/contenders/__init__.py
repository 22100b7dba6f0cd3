"""What `make bench` runs side by side: each a program that takes a job in JSON and prints JSON."""

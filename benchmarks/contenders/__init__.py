"""The contenders of `make bench`: programs that take a task as JSON and print JSON."""

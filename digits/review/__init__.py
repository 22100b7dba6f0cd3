"""Whether a change is real, and whether the same bytes come out again."""

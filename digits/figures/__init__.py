"""The pictures: each module draws one kind as a matplotlib Figure."""

"""The one kind of error that a user can cause."""


class UserError(Exception):
    """Something that a user can mend; its text is one line: what is wrong, where, what would do."""

"""The exception for errors that a user can fix."""


class UserError(Exception):
    """A user's mistake or a missing file. The message says what is wrong, where, and what to do."""

"""Where the page listens: a port taken before anything slow starts, so that errors come at once."""

import errno
import os
import socket

from digits.errors import UserError


def listen(host, port):
    """Take a port.

    Args:
        host: name or address of this computer.
        port: 1 to 65535.

    Returns:
        A ``socket.socket`` that listens: a browser that is early waits for the first answer.

    Raises:
        UserError: the port is taken or not allowed, or the host is not this computer.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        reason = f"{host}: no such host; --host takes an address of this computer"
        raise UserError(reason) from error
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()  # :: is 0.0.0.0 too
    try:
        return socket.create_server(address, family=family, dualstack_ipv6=both)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is taken; choose another with --port (make app PORT=…)"
        elif error.errno == errno.EACCES:
            reason = f"port {port} is not allowed; choose one from 1024 with --port"
        else:
            reason = os.strerror(error.errno)  # error.strerror also says what was attempted
            reason = f"{host}: {reason}; --host takes an address of this computer"
        raise UserError(reason) from error


def url(listener):
    """Give the address to open in a browser, of a listener that :func:`listen` made."""
    host, port, *_ = listener.getsockname()
    if host in ("0.0.0.0", "::"):  # noqa: S104, "every address", of which this is one
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

"""Where the page listens: a port taken before anything slow starts, so that errors come at once."""

import errno
import socket

from digits.errors import UserError


def listen(host, port):
    """Take a port, 1 to 65535, of this computer, by its name or one of its addresses.

    Returns:
        A ``socket.socket`` that listens: a browser that is early waits for the first answer.

    Raises:
        UserError: the port is taken or not allowed, or the host is not this computer.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        reason = f"{host}: no such host; --host takes an address of this computer"
        raise UserError(reason) from error
    listener = socket.socket(family, kind, protocol)  # asyncio delays answers of protocol 0
    # Connections of a page that has just ended may still be closing: they do not hold the port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is taken; choose another with --port (make app PORT=…)"
        elif error.errno == errno.EACCES:
            reason = f"port {port} is not allowed; choose one from 1024 with --port"
        else:
            reason = f"{host}: {error.strerror}; --host takes an address of this computer"
        raise UserError(reason) from error
    return listener


def url(listener):
    """Give the address to open in a browser, of a listener that :func:`listen` made."""
    host, port, *_ = listener.getsockname()
    if host in ("0.0.0.0", "::"):  # noqa: S104, "every address", of which this is one
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

"""Socket of the page, bound before anything slow starts so that errors are shown at once."""

import errno
import socket

from digits.errors import UserError


def listen(host, port):
    """Listen on a port of this computer.

    Args:
        host: name or address of this computer.
        port: 1 to 65535.

    Returns:
        A ``socket.socket``. Browsers can connect to it before the server is ready.

    Raises:
        UserError: the port is in use or not permitted, or the host is not this computer.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        reason = f"{host}: unknown host; --host must be an address of this computer"
        raise UserError(reason) from error
    listener = socket.socket(family, kind, protocol)  # asyncio delays answers of protocol 0
    # Ignore connections of an earlier server that are still closing.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = f"port {port} is in use; choose another with --port (make app PORT=…)"
        elif error.errno == errno.EACCES:
            reason = f"port {port} is not permitted; choose 1024 or higher with --port"
        else:
            reason = f"{host}: {error.strerror}; --host must be an address of this computer"
        raise UserError(reason) from error
    return listener


def url(listener):
    """Return the URL of a socket that :func:`listen` returned."""
    host, port, *_ = listener.getsockname()
    if host in ("0.0.0.0", "::"):  # noqa: S104, all addresses of this computer
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

"""A web server for files, as a static host is one: it gives, and takes nothing."""

import contextlib
import http.server
import threading
from functools import partial


class Handler(http.server.SimpleHTTPRequestHandler):
    """Answers GET and HEAD, without a word in the log of the tests."""

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on a free port of this machine; yields its address."""
    handler = partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

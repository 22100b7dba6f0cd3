"""Serves the page until it is told to end, and leaves nothing behind."""

import os
import tempfile

import numpy as np

from digits.errors import UserError
from digits.handwriting.app.address import url

LONGEST_BODY = 30_000_000  # bytes: the largest photo in base64, which has 4 letters for 3 bytes
PATIENCE = 2  # seconds that open pages have to close when the server ends


def serve(listener, recognizer):
    """Serve the page.

    Args:
        listener: as :func:`digits.handwriting.app.address.listen` makes it.
        recognizer: a :class:`digits.handwriting.recognizer.Recognizer`.

    Raises:
        UserError: Gradio is not installed, or the model is no model.
    """
    with tempfile.TemporaryDirectory(prefix="digits-app-") as folder:
        # Gradio reads these when it is imported: it would call home, and keep a folder in /tmp.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["GRADIO_TEMP_DIR"] = folder
        app = _application(recognizer)
        # The first question loads TensorFlow: better now than at the first stroke.
        recognizer.probabilities(np.zeros((1, 28, 28), np.uint8))
        _run(app, listener)


def _application(recognizer):
    try:
        import fastapi
        import gradio
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is not installed; make app installs it") from error
    from digits.handwriting.app import page

    app = fastapi.FastAPI(openapi_url=None)
    app = gradio.mount_gradio_app(
        app,
        page.build(recognizer),
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=page.theme(),
        css_paths=page.FOLDER / "page.css",
    )
    app.add_middleware(Bounded)
    return app


class Bounded:
    """ASGI middleware that refuses what the page never sends: files to keep, and long bodies."""

    def __init__(self, app):
        """Wrap an ASGI application."""
        self._app = app

    async def __call__(self, scope, receive, send):
        """Pass a request on, or answer 413 before its body is read into memory."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            length = int(headers.get(b"content-length", 0))
            chunked = b"transfer-encoding" in headers
            if chunked or length > LONGEST_BODY or scope["path"].endswith("/upload"):
                await send({"type": "http.response.start", "status": 413, "headers": []})
                await send({"type": "http.response.body", "body": b"not accepted"})
                return
        await self._app(scope, receive, send)


def _run(app, listener):
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            print(f"{url(listener)} is the page; Ctrl-C ends it", flush=True)

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=PATIENCE)
    Server(config).run(sockets=[listener])

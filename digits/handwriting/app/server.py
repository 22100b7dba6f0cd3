"""Web server of the page, and of ``POST /read``, which takes a picture and returns JSON."""

import asyncio
import base64
import io
from functools import partial
from pathlib import Path

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from digits.errors import UserError
from digits.handwriting.pictures import decode
from digits.handwriting.reading import STDIN, Reading, read

FOLDER = Path(__file__).parent
FILES = {
    "/": "page.html", "/page.js": "page.js", "/page.css": "page.css",
    "/answer.js": "answer_by_server.js",
}  # fmt: skip
MAX_BYTES = 20_000_000  # of a picture; page.html has the same number
SHUTDOWN_TIMEOUT = 2  # seconds to finish answers when the server stops
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def serve(listener, recognizer):
    """Serve the page on a listening socket until a signal ends the process."""
    # Loads the network, so that an error ends the program.
    recognizer.predict(np.zeros((1, 28, 28), np.uint8))

    async def answer(request):
        try:
            content = await _body(request)
        except UserError as error:
            return JSONResponse(Reading(STDIN, str(error)).as_object(), 413)
        except (ClientDisconnect, asyncio.CancelledError):
            return Response()  # nobody gets it: the browser is gone, or the server stops
        return JSONResponse(await run_in_threadpool(_answer, content, recognizer))

    routes = [Route(path, _file) for path in FILES]
    config = uvicorn.Config(
        Starlette(routes=[*routes, Route("/read", answer, methods=["POST"])]),
        headers=list(HEADERS.items()),
        log_level="error",
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
    )
    host, port, *_ = listener.getsockname()
    if host in ("0.0.0.0", "::"):  # noqa: S104, all addresses of this computer
        host = "localhost"
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"Serving on {url}; press Ctrl-C to stop", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


async def _file(request):
    return FileResponse(FOLDER / FILES[request.scope["path"]])


async def _body(request):
    """Receive the body of a request; UserError as soon as it is too large."""
    too_large = UserError(f"too large: more than {MAX_BYTES:,} bytes")
    # It is a number: uvicorn rejects anything else with status 400.
    if int(request.headers.get("content-length", 0)) > MAX_BYTES:
        raise too_large
    content = bytearray()
    async for part in request.stream():
        if len(content) + len(part) > MAX_BYTES:
            raise too_large
        content += part
    return content


def _answer(content, recognizer):
    """Read a picture; return the JSON of ``digits.predict --json``, and the network's input."""
    try:
        (reading,) = read([(STDIN, partial(decode, content))], recognizer)
    except UserError as error:  # `dvc repro` removes the model while it trains
        reading = Reading(STDIN, str(error))
    if reading.error:
        return reading.as_object()
    png = io.BytesIO()
    Image.fromarray(reading.seen).save(png, "PNG")
    seen = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    return reading.as_object() | {"seen": seen}

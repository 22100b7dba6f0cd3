"""Serves the page, and ``POST /read``, which answers the bytes of a picture with JSON."""

import asyncio
import base64
import io
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
from digits.handwriting.app.address import url
from digits.handwriting.reading import INPUT, Reading, given, read

FOLDER = Path(__file__).parent
FILES = {"/": "page.html", "/page.js": "page.js", "/page.css": "page.css"}
LARGEST = 20_000_000  # bytes of a picture; page.html tells it to the script
PATIENCE = 2  # seconds that an answer has to be finished when the server ends
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
    """Serve the page on a listening socket until a signal ends the process.

    Raises:
        UserError: the model is no model.
    """
    # The first question loads TensorFlow: better now than at the first stroke.
    recognizer.probabilities(np.zeros((1, 28, 28), np.uint8))

    async def answer(request):
        try:
            content = await _body(request)
        except UserError as error:
            return JSONResponse(Reading(INPUT, str(error)).as_object(), 413)
        except (ClientDisconnect, asyncio.CancelledError):
            return Response()  # to nobody: the browser is gone, or the server ends
        return JSONResponse(await run_in_threadpool(_answer, content, recognizer))

    routes = [Route(path, _file) for path in FILES]
    config = uvicorn.Config(
        Starlette(routes=[*routes, Route("/read", answer, methods=["POST"])]),
        headers=list(HEADERS.items()),
        log_level="error",
        timeout_graceful_shutdown=PATIENCE,
    )
    print(f"{url(listener)} is the page; Ctrl-C ends it", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


async def _file(request):
    return FileResponse(FOLDER / FILES[request.scope["path"]])


async def _body(request):
    """Receive the body of a request, if it is not too long: the rest is never in memory."""
    too_large = UserError(f"too large: more than {LARGEST:,} bytes")
    # It is a number: uvicorn answers any other with 400.
    if int(request.headers.get("content-length", 0)) > LARGEST:
        raise too_large
    content = bytearray()
    async for part in request.stream():
        if len(content) + len(part) > LARGEST:
            raise too_large
        content += part
    return content


def _answer(content, recognizer):
    """Read a picture; give what ``digits.predict --json`` prints, and what the network saw."""
    try:
        (reading,) = read([(INPUT, *given(content))], recognizer)
    except UserError as error:  # a `dvc repro` takes the model away while it trains
        reading = Reading(INPUT, str(error))
    if reading.error:
        return reading.as_object()
    png = io.BytesIO()
    Image.fromarray(reading.seen).save(png, "PNG")
    seen = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    return reading.as_object() | {"seen": seen}

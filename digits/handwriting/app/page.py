"""The page itself, made with Gradio: a drawing goes in, an answer comes out, nothing is kept."""

import base64
from pathlib import Path

import gradio as gr

from digits.errors import UserError
from digits.handwriting.app import answer
from digits.handwriting.ink import normalize
from digits.handwriting.pictures import decode

FOLDER = Path(__file__).parent
LARGEST = 20_000_000  # bytes of a photo
# What the reader's computer has: Gradio's own choice is fetched from Google.
FONTS = ["system-ui", "sans-serif"]
FONTS_MONO = ["ui-monospace", "monospace"]


def theme():
    """Give the theme, which is Gradio's with fonts that need no network."""
    return gr.themes.Default(font=FONTS, font_mono=FONTS_MONO)


def build(recognizer):
    """Build the page.

    Args:
        recognizer: a :class:`digits.handwriting.recognizer.Recognizer`, or what answers as it does.

    Returns:
        A ``gradio.Blocks``.
    """

    def read_drawing(picture):
        return f'<div class="answer">{_answer(picture, recognizer)}</div>'

    with gr.Blocks(title="Draw a digit", analytics_enabled=False) as page:
        gr.Markdown("# Draw a digit")
        with gr.Row():
            with gr.Column(min_width=300):
                # Not gr.Sketchpad: it wants a tool chosen first and needs WebGL, and it sends
                # each stroke as a file.
                drawing = gr.HTML(
                    html_template=_text("drawing.html"),
                    js_on_load=_text("drawing.js"),
                    elem_id="drawing",
                    largest=LARGEST,
                )
            with gr.Column(min_width=300):
                said = gr.HTML(read_drawing(""), elem_id="answer")
        drawing.input(
            read_drawing,
            drawing,
            said,
            show_progress="hidden",
            trigger_mode="always_last",  # a quick hand outruns the network
            api_visibility="private",
        )
    return page


def _text(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def _answer(picture, recognizer):
    """Answer with HTML.

    Args:
        picture: data URL of an image file; empty if nothing is drawn.
        recognizer: see :func:`build`.
    """
    if not picture:
        return answer.nothing()
    try:
        seen = normalize(decode(_content(picture)))
        (probabilities,) = recognizer.probabilities(seen[None])
    except UserError as error:
        return answer.refusal(str(error))
    return answer.reading(probabilities, seen)


def _content(url):
    """Get the bytes of the file out of a data URL, ``data:image/png;base64,…``.

    Raises:
        UserError: it is too long, or no such URL. The page sends none that is not; others may.
    """
    try:
        content = base64.b64decode(url.partition(",")[2], validate=True)
    except (AttributeError, ValueError) as error:
        raise UserError("not a picture") from error
    if len(content) > LARGEST:
        raise UserError(f"too large: more than {LARGEST:,} bytes")
    return content

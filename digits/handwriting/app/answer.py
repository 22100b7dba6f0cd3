"""What the page says of a picture, as HTML: the digit, how sure that is, the ten bars."""

import base64
import html
import io

from PIL import Image

from digits.handwriting.doubt import doubt


def nothing():
    """Ask for a digit."""
    return (
        '<div class="verdict empty" role="status">'
        "<p>Draw a digit, or drop a photo. Nothing is kept.</p></div>"
    )


def refusal(reason):
    """Say why there is no answer.

    Args:
        reason: one line, not HTML.
    """
    line = html.escape(reason[:1].upper() + reason[1:])
    return f'<div class="verdict refusal" role="status"><p>{line}.</p></div>'


def reading(probabilities, seen):
    """Show what the network makes of a picture.

    Args:
        probabilities: float32 (10,), of the ten digits.
        seen: uint8 (28, 28), what the network was given.
    """
    first, second = (int(digit) for digit in probabilities.argsort()[:-3:-1])
    most, next_most = probabilities[first], probabilities[second]
    why = doubt(seen, most)
    if why:
        colon = "" if why.endswith("?") else ":"
        words = f"{why.capitalize()}{colon} {first} ({most:.1%}) or {second} ({next_most:.1%})"
    else:
        words = f"{most:.1%} sure"
    bars = "".join(
        f"<li{' class=best' if digit == first else ''}><span>{digit}</span>"
        f'<span class="track"><span class="bar" style="width: {100 * share:.2f}%"></span></span>'
        f"<span>{share:.1%}</span></li>"
        for digit, share in enumerate(probabilities)
    )
    return (
        f'<div class="verdict{" doubtful" if why else ""}" role="status">'
        f"<output>{first}{'?' if why else ''}</output><p>{words}</p></div>"
        f'<figure><img alt="28 by 28 pixels" src="{_png(seen)}">'
        "<figcaption>The network sees</figcaption></figure>"
        f'<ol aria-label="Probabilities">{bars}</ol>'
    )


def _png(image):
    """Put an image into a data URL, so that it needs no file."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"

"""File names in other people's formats: exact if the format can hold them, harmless always."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from automask.errors import ImageError

FLAT_LENGTH = 200  # characters; file systems have 255 bytes, and an extension follows
HASH_LENGTH = 16
# What XML 1.0 cannot hold, however it is escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def flat_name(stem: str) -> str:
    """A relative path as one file name of ASCII letters, digits and -_.~%.

    As in a URL: a/b c -> a%2Fb%20c. `urllib.parse.unquote` restores the path, unless the name was
    too long for a file system: then it is cut and ends in a hash.

    Args:
        stem: A relative path without extension.

    Returns:
        The name, different for every path.
    """
    name = quote(os.fsencode(stem), safe="")
    if len(name) <= FLAT_LENGTH:
        return name
    digest = hashlib.sha256(os.fsencode(stem)).hexdigest()[:HASH_LENGTH]
    return f"{name[: FLAT_LENGTH - HASH_LENGTH - 1]}-{digest}"


def url_path(image: str) -> str:
    """A relative path as the end of a URL."""
    return quote(os.fsencode(image))


def xml_name(image: str) -> str:
    """The name unchanged; ImageError if XML cannot hold it."""
    if NOT_XML.search(image):
        raise ImageError(
            "its name has control characters or bytes that are no text, which XML cannot hold; "
            "rename the photograph"
        )
    return image


def top_folder(image: str) -> str | None:
    """The first folder of a relative path; None for a file outside of folders."""
    parts = PurePosixPath(image).parts
    return parts[0] if len(parts) > 1 else None

"""Answers over HTTP."""

import gzip

import brotli
import httpx
import zstandard


def error_code(answer: httpx.Response) -> str:
    """Return the code of the answer's only error."""
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


def decompress(encoding: str, body: bytes) -> bytes:
    """Return the content of a body that is compressed by the method of its `Content-Encoding`."""
    if encoding == "zstd":
        # An object for each body, which may come without its length.
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    decoders = {"gzip": gzip.decompress, "br": brotli.decompress}
    content: bytes = decoders[encoding](body)
    return content

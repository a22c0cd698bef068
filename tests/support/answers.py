"""Answers over HTTP."""

import httpx


def error_code(answer: httpx.Response) -> str:
    """Return the code of the answer's only error."""
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])

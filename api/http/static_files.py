"""Static files with headers for caches: a file with a hash in its name is never asked for again."""

import os
import re
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

HASHED_NAME = re.compile(r"\.[0-9a-f]{12}\.[a-z]+$")
"""The end of a name in which the build has put a hash of the content, such as `page.0f3c9a5b77e1.js`."""
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
"""Caches may store the file, but must ask with its ETag or its time whether it has changed."""


class CachedStaticFiles(StaticFiles):
    """Serves the files of a directory, which may be missing."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    async def check_config(self) -> None:
        """Accept a missing directory: the files are not built yet, and each is answered with 404."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return the file, or a 304 if the client has it, with the time for which it may be cached."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = HASHED_NAME.search(Path(full_path).name)
        response.headers["Cache-Control"] = IMMUTABLE if hashed else REVALIDATE
        # Weak: the compressed forms of a file share its tag, and their bytes differ.
        response.headers["ETag"] = f"W/{response.headers['ETag']}"
        if response.status_code == 304:
            # The header of the full answer, which the compression adds.
            response.headers["Vary"] = "Accept-Encoding"
        return response

"""What a broken download has already, and whether it may be continued."""

from __future__ import annotations

import httpx


class Resuming:
    """A download that may take several answers; continued only where the server vouches that the file is the same."""

    def __init__(self) -> None:
        self._validator = ""
        self._encoding = ""

    def headers(self, size: int) -> dict[str, str]:
        """What to ask for when `size` bytes are there."""
        return {"Range": f"bytes={size}-", "If-Range": self._validator} if self._validator and size else {}

    def start(self, response: httpx.Response, size: int) -> int | None:
        """Where in the file the body of an answer belongs; None where the answer is of no use and all begins again."""
        encoding = response.headers.get("Content-Encoding", "")
        if response.status_code == 206:
            fits = response.headers.get("Content-Range", "").startswith(f"bytes {size}-") and encoding == self._encoding
            self._validator = self._validator if fits else ""
            return size if fits else None
        if response.status_code == 416:
            self._validator = ""
            return None
        # Only a strong ETag says that the bytes are the same.
        tag = response.headers.get("ETag", "")
        self._validator = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
        self._encoding = encoding
        return 0

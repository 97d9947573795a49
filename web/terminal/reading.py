"""Reads what a terminal sends up, and no more of it than is taken."""

from aiohttp import web

from counter.documents.refusals import ImageTooLarge

CHUNK_BYTES = 64 * 1024


async def read_body(request: web.Request, limit_bytes: int) -> bytes:
    """The body.  Raises `ImageTooLarge` beyond the limit, unread."""
    if (request.content_length or 0) > limit_bytes:
        raise ImageTooLarge(f"{request.content_length} bytes announced, {limit_bytes} are taken")
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > limit_bytes:
            raise ImageTooLarge(f"more than {limit_bytes} bytes came")
    return bytes(body)

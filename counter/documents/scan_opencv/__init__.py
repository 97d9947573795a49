"""Photograph in, flattened page and measures out: pure functions, run in a worker process.

Coordinates are pixels of the photograph unless a name says otherwise; pixel centres are whole
numbers.  Images are BGR, uint8.  Everything here is decided by the pixels: the only chance is a
generator seeded with a constant.
"""

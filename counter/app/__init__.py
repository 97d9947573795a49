"""The composition root: the only place that knows every part; clock and chance are made here.

`node` opens and closes everything; `store`, `parts` and `doors` are its three floors.
"""

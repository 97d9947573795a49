"""The remote video counter: a citizen at a terminal, an agent at a desk, and the case between."""

VERSION = "0.1.0"
"As in `pyproject.toml`; here, since a checkout that runs is no installed package."
SOFTWARE = f"remote-video-counter {VERSION}"
"What the record names as the maker of a document."

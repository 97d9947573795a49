"""The remote video counter: a citizen at a terminal, an agent at a desk, and the case between."""

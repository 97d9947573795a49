"""The agent's face: one live page for a whole day."""

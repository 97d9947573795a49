"""The kiosk's face: one live page for a whole visit."""

"""Reminders and notices: what the outbox owes, delivered."""

"""Durable facts: executors, the session log, the journal's rows, outbox and bus."""

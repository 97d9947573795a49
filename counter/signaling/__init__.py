"""Tickets, dispatch and calls: who waits, who is rung, who speaks with whom."""

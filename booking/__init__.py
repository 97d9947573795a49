"""Booking: what can be asked for, where and when, and who has a place.

Stands alone: it imports nothing of `counter` and could serve any office with two calendars.
"""

"""The supervisor's wall: both territories at a glance."""

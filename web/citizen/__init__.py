"""The citizen's face: find a service, book a place and time, keep or cancel the appointment."""

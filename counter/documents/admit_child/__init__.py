"""What runs in the process that decodes one file of a stranger and then ends."""

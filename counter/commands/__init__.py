"""The command line, a file per subject: what each command takes, and what it does."""

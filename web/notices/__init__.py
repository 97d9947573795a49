"""What notices say: letters, short messages and memos, in the reader's language."""

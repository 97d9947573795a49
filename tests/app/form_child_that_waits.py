"""In place of the process that draws a form: says what it was told, or never anything."""

import sys
import time

NEVER = "never\n"

if __name__ == "__main__":
    line = sys.stdin.readline()
    while line == NEVER:
        time.sleep(3600)
    sys.stdout.write(line)

import sys

sys.stdin.buffer.read()
sys.stdout.write('{"kind": "pdf", "pages": [[99999999999, 10, 10]]}\n')

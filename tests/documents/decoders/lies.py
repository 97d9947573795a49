import sys

sys.stdin.buffer.read()
sys.stdout.write('{"kind": "png", "pages": [[9, 100, 100]]}\n<script>1')

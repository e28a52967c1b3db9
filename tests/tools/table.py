"""Reads a table from standard input as a spreadsheet does, strictly, and prints it as JSON: a list
of rows."""

import csv
import io
import json
import sys

text = sys.stdin.buffer.read()
assert text.startswith(b"\xef\xbb\xbf"), "no mark that says UTF-8"
text = text.decode("utf-8-sig")
assert text.endswith("\r\n"), "the last line has no end"
json.dump(list(csv.reader(io.StringIO(text, newline=""), strict=True)), sys.stdout)

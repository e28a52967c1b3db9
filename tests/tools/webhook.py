"""A program that is told of changes by a webhook, as people write one: it judges the signature and
keeps what it is told.

python3 webhook.py FOLDER PORT SECRET. What is taken goes, a line of JSON each, to FOLDER/taken; what
it answers stands in FOLDER/mode: "ok", "refuse", "redirect" or "hang"; each request that is not taken
leaves a line in FOLDER/asked.
"""

import hashlib
import hmac
import http.server
import json
import pathlib
import sys
import threading
import time

FOLDER, PORT, SECRET = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode = (FOLDER / "mode").read_text()
        stamp = self.headers["X-Intake-Timestamp"]
        wanted = hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        told = {
            "signed": hmac.compare_digest(f"sha256={wanted}", self.headers["X-Intake-Signature"]),
            "age": time.time() - int(stamp),
            "delivery": self.headers["X-Intake-Delivery"],
            "kind": self.headers["Content-Type"],
            "path": self.path,
            "raw": str(self.headers) + body.decode(),
            "body": json.loads(body),
        }
        if mode == "ok":
            with open(FOLDER / "taken", "a") as file:
                file.write(json.dumps(told) + "\n")
            self.answer(204)
            return
        with open(FOLDER / "asked", "a") as file:
            file.write(json.dumps(told) + "\n")
        if mode == "hang":
            threading.Event().wait()
        elif mode == "redirect":
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.answer(500)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Hook)
server.daemon_threads = True
print("listening", flush=True)
server.serve_forever()

"""A producer on this machine, with the ways real ones fail."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Producer:
    """Serves `content`; `failures` are taken one by one, then it answers well."""

    def __init__(self):
        self.content = b""
        self.content_type = "text/csv"
        self.etag = '"1"'
        self.failures: list = []  # a status, or ("cut", n): n bytes then silence
        self.requests: list = []  # (path, headers)
        self.url = ""

    def answer(self, handler) -> None:
        self.requests.append((handler.path, dict(handler.headers)))
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, int):
            handler.send_response(failure)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if self.etag and handler.headers.get("If-None-Match") == self.etag:
            handler.send_response(304)
            handler.end_headers()
            return
        start, body = 0, self.content
        wanted = handler.headers.get("Range", "")
        if wanted and self.etag and handler.headers.get("If-Range") == self.etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            body = body[start:]
        handler.send_response(206 if start else 200)
        if start:
            end = len(self.content)
            handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        handler.send_header("Content-Type", self.content_type)
        handler.send_header("Content-Length", str(len(body)))
        if self.etag:
            handler.send_header("ETag", self.etag)
        handler.end_headers()
        handler.wfile.write(body[: failure[1]] if failure else body)


@contextmanager
def producing():
    producer = Producer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            producer.answer(self)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    producer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield producer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

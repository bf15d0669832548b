"""Requests in a bounded number, from a process of its own, on loopback only."""

import asyncio
import gzip
import json
import statistics
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    n: int
    seconds: float
    p50: float  # ms
    p95: float
    failed: int

    @property
    def per_second(self) -> float:
        return self.n / self.seconds


async def _connection(port, paths, headers, times, failures):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in paths:
        start = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"transfer-encoding":
                raise RuntimeError("A chunked answer: this client reads only those with a length.")
        await reader.readexactly(length)
        times.append(1000 * (time.perf_counter() - start))
        if status not in (200, 304):
            failures.append(status)
    writer.close()


async def _all(port, paths, connections, headers):
    times, failures = [], []
    start = time.perf_counter()
    shares = [paths[index::connections] for index in range(connections)]
    await asyncio.gather(*(_connection(port, one, headers, times, failures) for one in shares if one))
    return times, failures, time.perf_counter() - start


def main():
    asked = json.load(sys.stdin)
    headers = "".join(f"{name}: {value}\r\n" for name, value in asked["headers"].items())
    times, failures, seconds = asyncio.run(_all(asked["port"], asked["paths"], asked["connections"], headers))
    cuts = statistics.quantiles(times, n=20) if len(times) > 1 else times * 19
    json.dump(
        {"n": len(times), "seconds": seconds, "p50": cuts[9], "p95": cuts[18], "failed": len(failures)},
        sys.stdout,
    )


def load(port: int, paths: list[str], connections: int, headers: dict[str, str] | None = None) -> Load:
    """GET each path once, over so many connections; in a process of its own, as a browser is."""
    import subprocess

    asked = {"port": port, "paths": paths, "connections": connections}
    asked["headers"] = {"Accept-Encoding": "gzip", **(headers or {})}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return Load(**json.loads(done.stdout))


def fetch(
    port: int, path: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes, int]:
    """Return (status, headers, body, bytes on the wire)."""
    import http.client

    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    asked.request("GET", path, headers={"Accept-Encoding": "gzip", **(headers or {})})
    answer = asked.getresponse()
    sent = answer.read()
    found = {name.lower(): value for name, value in answer.getheaders()}
    asked.close()
    body = gzip.decompress(sent) if found.get("content-encoding") == "gzip" else sent
    return answer.status, found, body, len(sent)


if __name__ == "__main__":
    main()

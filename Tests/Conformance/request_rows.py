"""The rows of a server's request log while it runs."""

import sqlite3
import time


def row_of(server, response, seconds=60):
    """The row of one response; it is written a moment after the reply."""
    deadline = time.monotonic() + seconds
    while True:
        with sqlite3.connect(f"file:{server.request_log}?mode=ro", uri=True) as database:
            database.row_factory = sqlite3.Row
            found = database.execute(
                "SELECT * FROM request WHERE request_id = ?", (response.headers["x-request-id"],)
            ).fetchone()
        if found:
            return found
        assert time.monotonic() < deadline, "no row"
        time.sleep(0.02)

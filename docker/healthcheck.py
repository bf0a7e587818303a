"""Whether the service in this container answers: exit code 0 or 1, and what it said, for `docker inspect`.

That a night failed (503) makes no container unhealthy: to start it anew mends nothing and may stop the next attempt.
Monitoring reads /health itself.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException


def main() -> int:
    """Ask /health on this machine, at the port of `service.listen`."""
    port = int(os.environ["ONCO_REGISTRY__SERVICE__LISTEN"].rpartition(":")[2])
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        print(answer.status, answer.read().decode())
    except (OSError, HTTPException) as error:
        print(f"no answer: {error}")
        return 1
    return 0 if answer.status in (200, 503) else 1


sys.exit(main())

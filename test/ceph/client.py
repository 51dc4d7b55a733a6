"""Writes and reads back small objects until its input ends, and looks at the placement groups meanwhile; then says in JSON what it saw.

Arguments: ceph.conf, user, keyring, pool. The pool's operations fail after OP_TIMEOUT seconds: one that hangs is an error too.
"""

import json
import sys
import threading
import time

import rados

OP_TIMEOUT = 30
OBJECTS = 64

conf, user, keyring, pool = sys.argv[1:]
settings = {"keyring": keyring, "rados_osd_op_timeout": str(OP_TIMEOUT), "rados_mon_op_timeout": str(OP_TIMEOUT)}
cluster = rados.Rados(conffile=conf, name=user, conf=settings)
cluster.connect(timeout=OP_TIMEOUT)
is_over = threading.Event()
seen = {"operations": 0, "errors": [], "slowest": 0.0, "states": {}, "unserved": 0.0}


def write_and_read():
    with cluster.open_ioctx(pool) as pool_io:
        number = 0
        while not is_over.is_set():
            number += 1
            name, content = f"object-{number % OBJECTS}", f"{number} ".encode() * 1000
            start = time.monotonic()
            try:
                pool_io.write_full(name, content)
                if pool_io.read(name, len(content) + 1) != content:
                    seen["errors"].append(f"{name} has other content than was written")
            except rados.Error as error:
                seen["errors"].append(f"{name}: {error}")
            seen["slowest"] = max(seen["slowest"], time.monotonic() - start)
            seen["operations"] += 1
            time.sleep(0.02)


def look():
    """Keeps how long any placement group was seen without service at a stretch. A manager that has just taken over knows nothing: no look."""
    command = json.dumps({"prefix": "pg dump", "dumpcontents": ["pgs_brief"], "format": "json"})
    since = {}
    while not is_over.wait(0.2):
        code, answer, _ = cluster.mgr_command(command, b"", timeout=OP_TIMEOUT)
        if code != 0:
            continue
        now = time.monotonic()
        for group in json.loads(answer)["pg_stats"]:
            state = group["state"]
            seen["states"][state] = seen["states"].get(state, 0) + 1
            if "active" in state.split("+"):
                since.pop(group["pgid"], None)
            elif state != "unknown":
                seen["unserved"] = max(seen["unserved"], now - since.setdefault(group["pgid"], now))


threads = [threading.Thread(target=work) for work in (write_and_read, look)]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
is_over.set()
for thread in threads:
    thread.join()
print(json.dumps(seen), flush=True)
cluster.shutdown()

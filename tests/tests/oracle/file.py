"""Counts the real data set without any database: what opened parts must give."""

import gzip
import json
import sys

events = {}
for line in gzip.open(sys.argv[1], "rt"):
    event = json.loads(line)
    if not event["event"].startswith("$"):
        events.setdefault((event["distinct_id"], event["insert_id"], event["timestamp"] // 86_400_000), event)
times = [event["timestamp"] for event in events.values()]
axum = [e["properties"] for e in events.values() if e["event"] == "Commit" and e["properties"].get("repo") == "tokio-rs/axum"]
print(json.dumps({
    "rows": [[len(events), len({event["distinct_id"] for event in events.values()}), min(times), max(times)]],
    "axum": [[float(sum(p.get("lines_added", 0) for p in axum)), sum(p.get("bot", False) for p in axum)]],
}))

"""Reads a feed from standard input as feed readers do (feedparser), and prints as JSON what it found."""

import json
import sys

import feedparser

found = feedparser.parse(sys.stdin.buffer.read())
assert not found.bozo, found.bozo_exception
assert found.version == "atom10", found.version
json.dump(
    {
        "title": found.feed.title,
        "updated": found.feed.updated,
        "entries": [
            {
                "id": entry.id,
                "title": entry.title,
                "kind": entry.title_detail.type,
                "link": entry.link,
                "updated": entry.updated,
                "stage": entry.tags[0].term,
                "summary": entry.summary,
            }
            for entry in found.entries
        ],
    },
    sys.stdout,
)

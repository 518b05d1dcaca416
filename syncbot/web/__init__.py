"""The web face: pages, the HTTP interface, badges, feeds and hooks. Parse, call a service, render; no decisions.

Needs the extra `syncbot[web]` (FastAPI, Jinja2, uvicorn). Nothing here is imported by another room but the command
that starts it.
"""

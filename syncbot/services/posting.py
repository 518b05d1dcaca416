"""Posting news to receivers: in their order, each once, tried again for days, and never in the way of a sync."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from syncbot.model.running import News, Owed
from syncbot.model.settings import Hooks
from syncbot.ports import Store
from syncbot.services.news import receiver

_log = logging.getLogger(__name__)
Post = Callable[[str, bytes, Mapping[str, str]], str]
"""Posts a body with headers to an address; gives what went wrong, empty: the receiver has it."""
GIVEN_UP = 12
"""Attempts after which the next news is tried: two days, about."""
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_AT_ONCE = 50


def post_news(
    store: Store, hooks: Hooks, secret: str, post: Post, now: Callable[[], datetime], go_on: Callable[[], bool]
) -> int:
    """Post what is owed to each receiver and may be posted now; gives how many were. `go_on`: whether there is time for
    another one. One process at a time may do this."""
    done = 0
    for url in hooks.urls:
        owed = store.owed(receiver(url))
        if owed.next is not None and owed.next > now():
            continue
        for news in store.news(owed.upto, _AT_ONCE):
            if not go_on():
                return done
            if news.kind not in hooks.events:
                owed = Owed(owed.key, news.number)
                store.save_owed(owed)
                continue
            said = post(url, *signed(news, secret))
            owed = _after(owed, news, said, now())
            store.save_owed(owed)
            if said:
                break
            done += 1
    return done


def signed(news: News, secret: str) -> tuple[bytes, dict[str, str]]:
    """The body and its headers. The delivery's id is the news' own: who got it twice, for its answer was lost, can
    tell. The signature is over the body, as GitHub's."""
    body = json.dumps(document(news), ensure_ascii=True).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Syncbot-Event": news.kind.value,
        "X-Syncbot-Delivery": news.key,
    }
    if secret:
        headers["X-Syncbot-Signature"] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return body, headers


def document(news: News) -> dict[str, object]:
    return {
        "schema": "syncbot.news/1",
        "id": news.key,
        "number": news.number,
        "event": news.kind.value,
        "sentence": news.kind.sentence,
        "at": news.at.isoformat(),
        "package": news.package,
        "patch": news.patch or None,
        "release": news.release or None,
        "title": news.title,
        "run": news.run,
    }


def _after(owed: Owed, news: News, said: str, at: datetime) -> Owed:
    """How it stands with a receiver after an attempt."""
    if not said:
        return Owed(owed.key, news.number)
    attempts = owed.attempts + 1
    _log.warning("news could not be posted", extra={"error": said, "attempt": attempts, "package": news.package})
    if attempts >= GIVEN_UP:
        return Owed(owed.key, news.number, said=said)
    wait = min(_FIRST * (1 << min(attempts - 1, 12)), _LONGEST)
    return replace(owed, attempts=attempts, next=at + wait, said=said)

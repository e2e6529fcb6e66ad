"""A notice as Amazon Q Developer in chat applications (Slack, Microsoft Teams) takes it.

That service drops everything on a topic that is not its custom notification, without an error.
"""

import json

from xops_watch.core.notice import Notice, NoticeKind
from xops_watch.notify.machine import ITEM_MAX
from xops_watch.notify.plain import clean
from xops_watch.notify.render import STEPS_MAX, subject, text
from xops_watch.notify.routing import filters, layers, trigger_key

# In chat markdown these begin mentions (`<!channel>`), links and entities.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def custom_notification(notice: Notice) -> str:
    """Return the JSON of a custom notification 1.0; a trigger's messages share one thread."""
    title = subject(notice).translate(_ESCAPES)
    steps = notice.first_steps[:STEPS_MAX] if notice.kind is NoticeKind.FIRING else ()
    context = filters(notice) | {"layer": ", ".join(layers(notice)), "key": clean(notice.key, 64)}
    content = {
        "textType": "client-markdown",
        "title": title,
        "description": text(notice).translate(_ESCAPES),
        "nextSteps": [clean(step, ITEM_MAX).translate(_ESCAPES) for step in steps],
        "keywords": [context["rule_id"], context["state"], context["severity"]],
    }
    metadata = {
        "threadId": trigger_key(notice),
        "summary": title,
        "eventType": f"xops-watch {notice.kind.value}",
        "relatedResources": [clean(notice.subject, ITEM_MAX)],
        "additionalContext": context,
    }
    return json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "id": context["key"],
            "content": content,
            "metadata": metadata,
        },
        ensure_ascii=False,
    )

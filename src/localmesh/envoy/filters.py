"""A rule's filters as what Envoy does with a route: change headers, redirect (R54)."""

from localmesh.envoy import Json
from meshpolicy.policy import Filter, HeaderChange, Redirect

_STATUS = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}


def redirect(filters: tuple[Filter, ...]) -> Json | None:
    """Return what answers in the app's place, if a filter redirects."""
    for found in filters:
        if isinstance(found, Redirect):
            parts: Json = {
                "scheme_redirect": found.scheme,
                "host_redirect": found.hostname,
                "port_redirect": found.port,
                "path_redirect": found.path,
                "prefix_rewrite": found.prefix,
                "response_code": _STATUS[found.status],
            }
            return {name: value for name, value in parts.items() if value is not None}
    return None


def header_changes(filters: tuple[Filter, ...]) -> Json:
    """Return the changes of all modifiers in order, so that no header is both removed and written.

    Linkerd adds, then sets, then removes; Envoy removes first. Folded, the order does not matter.
    """
    written: dict[str, Json] = {}
    removed: dict[str, None] = {}
    for change in (found for found in filters if isinstance(found, HeaderChange)):
        for name, value in change.add:
            key = name.lower()
            action = "OVERWRITE_IF_EXISTS_OR_ADD" if key in removed else "APPEND_IF_EXISTS_OR_ADD"
            before = written.get(key)
            if before:
                value = f"{before['header']['value']},{value}"
                action = before["append_action"]
            removed.pop(key, None)
            written[key] = _header(name, value, action)
        for name, value in change.set:
            removed.pop(name.lower(), None)
            written[name.lower()] = _header(name, value, "OVERWRITE_IF_EXISTS_OR_ADD")
        for name in change.remove:
            written.pop(name.lower(), None)
            removed[name.lower()] = None
    changes = {"request_headers_to_add": list(written.values()), "request_headers_to_remove": list(removed)}
    return {name: value for name, value in changes.items() if value}


def _header(name: str, value: str, action: str) -> Json:
    # `%` begins a command in Envoy's header values.
    return {"header": {"key": name, "value": value.replace("%", "%%")}, "append_action": action}

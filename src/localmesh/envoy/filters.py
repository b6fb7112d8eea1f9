"""The filters of a route's rule as Envoy's route actions: header changes and redirects (R54)."""

from dataclasses import dataclass

from localmesh.envoy import Json
from meshpolicy.core.policy import Filter, HeaderChange, Redirect

_STATUS = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}


def redirect(filters: tuple[Filter, ...]) -> Json | None:
    """Return Envoy's redirect action if a filter redirects, else None."""
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
    written: dict[str, _Written] = {}
    removed: dict[str, None] = {}
    for change in (found for found in filters if isinstance(found, HeaderChange)):
        for name, value in change.add:
            before = written.get(name.lower(), _Written("", replaces=name.lower() in removed))
            written[name.lower()] = before.with_more(value)
        written |= {name.lower(): _Written(value, replaces=True) for name, value in change.set}
        for name in change.remove:
            written.pop(name.lower(), None)
            removed[name.lower()] = None
    changes = {
        "request_headers_to_add": [header.message(name) for name, header in written.items()],
        "request_headers_to_remove": [name for name in removed if name not in written],
    }
    return {name: value for name, value in changes.items() if value}


@dataclass(frozen=True, slots=True)
class _Written:
    """The final value of a header, and whether it replaces the request's own value or is appended to it."""

    value: str
    replaces: bool

    def with_more(self, value: str) -> "_Written":
        return _Written(f"{self.value},{value}" if self.value else value, self.replaces)

    def message(self, name: str) -> Json:
        # `%` starts a command operator in Envoy's header values.
        header = {"key": name, "value": self.value.replace("%", "%%")}
        action = "OVERWRITE_IF_EXISTS_OR_ADD" if self.replaces else "APPEND_IF_EXISTS_OR_ADD"
        return {"header": header, "append_action": action}

"""Tables and lines for people; the command line prints them. No I/O."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from localmesh.views import UNREACHABLE, AccessView, Answer, MeshView, Phase, PodView, Proof
from meshpolicy.render.tables import fitted, plain

BECAUSE = "because   "
STYLES = {Phase.READY: "green", Phase.STARTING: "yellow", Phase.UNREADY: "red", Phase.LEAVING: "yellow"}


def table(*columns: str, gap: int = 3) -> Table:
    """Return a table without lines."""
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
    for column in columns:
        found.add_column(column, no_wrap=True, overflow="ignore")
    return found


def pods(found: Iterable[PodView], now: datetime | None = None) -> Table:
    """Return a table with one line for each pod."""
    rows = table("POD", "PHASE", "RESTARTS", "ADDRESS", "IDENTITY", "CERTIFICATE")
    for pod in found:
        rows.add_row(
            pod.name,
            Text(pod.phase, STYLES[pod.phase]),
            restarts(pod),
            pod.address,
            pod.identity.split(".serviceaccount.")[0] or "none: not meshed",
            remaining(pod.expires, now),
        )
    return rows


def restarts(pod: PodView) -> str:
    """Return how often the pod's processes were restarted."""
    if not pod.sidecar_restarts:
        return str(pod.restarts)
    return f"{pod.restarts} (sidecar {pod.sidecar_restarts})"


def remaining(expires: str, now: datetime | None = None) -> str:
    """Return how long a certificate is still valid, in words."""
    if not expires:
        return ""
    left = datetime.fromisoformat(expires) - (now or datetime.now(UTC))
    return "expired" if left < timedelta(0) else f"{words(left)} left"


def words(span: timedelta) -> str:
    """Return a span of time, rounded, in the unit that fits: a new certificate of one day has `24 h` left."""
    seconds = round(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{seconds} s"


def access(found: Iterable[AccessView], width: int | None = None) -> Text:
    """Return a table of grants and the requests that they allow, at most `width` columns wide."""
    grants: dict[tuple[str, str, str], list[str]] = {}
    for line in found:
        grants.setdefault((f"{line.server}:{line.port}", line.request, line.because), []).append(line.client)
    rows = [(", ".join(clients), *grant) for grant, clients in grants.items()]
    text = Text(plain(("WHO MAY CALL", "WHOM", "WHAT", "BY"), rows, width, rule=False))
    text.highlight_regex(r"\A.*", "bold")
    return text


def answer(found: Answer, width: int | None = None) -> Text:
    """Return what happened to a request, and why; reasons wider than `width` columns are wrapped."""
    text = Text()
    text.append(f"{found.source} -> {found.target}  {found.request}\n", "bold")
    status = "no answer" if found.status is None else str(found.status)
    text.append(f"answer    {status}  {found.line}".rstrip() + f"  ({found.seconds * 1000:.0f} ms)\n")
    text.append("verdict   ")
    text.append(f"{found.verdict}\n", "green" if found.verdict == "allow" else "red")
    for number, reason in enumerate(found.reasons):
        line = fitted(f"{'':{len(BECAUSE)}}{reason}", width)
        text.append(f"{line if number else BECAUSE + line[len(BECAUSE) :]}\n")
    if found.verdict == UNREACHABLE:
        text.append("nobody answers behind this port; see `just logs`\n", "yellow")
    if not found.agrees:
        text.append(
            f"DISAGREES the manifests predict: {found.predicted}. What runs is not what is written.\n", "bold red"
        )
    text.rstrip()
    return text


def ways_in(mesh: MeshView) -> Text:
    """Return the addresses of the ingress."""
    if not mesh.ingress:
        return Text("The manifests have no Gateway: nothing answers on 127.0.0.1.")
    path = mesh.ingress.paths[-1] if mesh.ingress.paths else "/"
    lines = [f"ingress  {mesh.ingress.url}  {mesh.ingress.secure_url}".rstrip()]
    if mesh.ingress.secure_url:
        lines.append(f"         curl --cacert {mesh.ingress.authority} {mesh.ingress.secure_url}{path}")
    return Text("\n".join(lines))


def status(mesh: MeshView, whose: str) -> RenderableType:
    """Return all that `status` shows; `whose` says which mesh it is."""
    return Group(pods(mesh.pods), Text(), ways_in(mesh), Text(f"mesh     {whose}"))


def _became(found: Answer) -> str:
    if found.verdict == "allow":
        return "allowed"
    return "refused" if found.verdict == found.predicted else "FAILED "


def summary(mesh: MeshView, proof: Proof, dashboard: str = "", width: int | None = None) -> RenderableType:
    """Return what `up` prints at its end; `dashboard` is the page's address, `width` the terminal's columns."""
    parts: list[RenderableType] = [pods(mesh.pods), Text(), access(mesh.access, width), Text()]
    if proof.url:
        parts.append(Text(f"{'allowed' if proof.allowed else 'FAILED '}  {proof.url}  {proof.line}"))
    answers = [answer for answer in (proof.asked, proof.refused) if answer]
    parts += [
        Text(f"{_became(found)}  {found.source} -> {found.target}  {found.status or ''} {found.verdict}")
        for found in answers
    ]
    commands = [f"curl {proof.url}"] if proof.url else []
    commands += [f"just ask {found.source} {found.target}" for found in answers]
    if dashboard:
        parts.append(Text(f"see it   {dashboard}"))
    parts.append(Text("\nTry next:\n" + "\n".join(f"  {command}" for command in (*commands, "just status"))))
    return Group(*parts)

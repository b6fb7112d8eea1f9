"""Certificates expire, because nobody renews them: the supervisor of a second mesh stands still meanwhile."""

import asyncio
from datetime import UTC, datetime
from ipaddress import IPv4Address

from localmesh.ask.connection import Ended, connected
from localmesh.ask.sending import Way
from localmesh.chaos.scratch import scratch_folder, scratch_mesh
from localmesh.chaos.site import SUPERVISOR, Site
from localmesh.chaos.story import Clock, FaultReport, Story, under_load
from localmesh.errors import CommandFailed
from localmesh.until import POLL
from localmesh.verify.clients import meshed

LIFETIME = "20s"
RENEWED_WITHIN = 60.0


async def expire(site: Site) -> Story:
    """Let the certificates of a second mesh expire, and have them renewed."""
    with scratch_folder() as folder:
        manifests = site.mesh.view.settings["LOCALMESH_MANIFESTS"]
        site.say(f"a second mesh of the same manifests starts, with certificates that last {LIFETIME}")
        with scratch_mesh(folder, manifests, LOCALMESH_CERTIFICATE_LIFETIME=LIFETIME) as state:
            return await _expire(Site.find(state, site.say))


async def _expire(site: Site) -> Story:
    supervisor = site.process(SUPERVISOR)

    async def strike() -> FaultReport:
        clock = Clock()
        expires = datetime.fromisoformat(site.pod(site.victim.name).expires)
        supervisor.suspend()
        try:
            site.say("the supervisor stands still, so that nobody renews the certificates")
            await asyncio.sleep((expires - datetime.now(UTC)).total_seconds() + 1)
            refused = await _new_connection(site)
        finally:
            going = Clock()
            supervisor.resume()
        if not refused:
            raise CommandFailed("a new connection was accepted with an expired certificate")
        site.say(f"a new connection fails: {refused}")
        while await _new_connection(site):
            if going.seconds > RENEWED_WITHIN:
                raise CommandFailed("the certificates were not renewed")
            await asyncio.sleep(POLL)
        happened = f"the certificates expired: a new connection failed ({refused}), those that were open went on"
        healed = f"by the supervisor: {going.seconds:.1f} s after it went on, new connections worked again"
        return FaultReport(happened, healed, clock.seconds)

    return await under_load("certificates", site.target, strike)


async def _new_connection(site: Site) -> str:
    """Open a connection with a valid certificate of one's own; return why that failed, or nothing."""
    pod = site.victim
    client = meshed("chaos", pod.identity, IPv4Address("127.0.0.1"), site.mesh.authority)
    context = client.context(site.mesh.authority.anchor.pem, site.folder.authority)
    port = next(iter(pod.ports.values()))
    try:
        async with connected(Way(IPv4Address(pod.address), port, client.source, context, pod.identity)):
            return ""
    except Ended as error:
        return str(error)

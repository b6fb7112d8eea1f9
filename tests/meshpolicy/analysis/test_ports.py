"""In which ways calls arrive at a port."""

from hypothesis import HealthCheck, given, settings

from meshpolicy.analysis.ports import SOMEBODY, arrivals, service_ways
from meshpolicy.core.client import Traffic
from meshpolicy.decide.judge import connection
from meshpolicy.decide.transport import Call, arrive

from ..build import cluster
from ..worlds import WORLDS, World, manifests


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(WORLDS)
def test_calls_arrive_as_the_network_has_it_of_each_traffic(world: World) -> None:
    made = cluster(*manifests(world))
    server = made.workload("arena", "ponger")
    assert server is not None
    for port in (8080, 9090):
        for hinted in (False, True):
            found = {(traffic, way): arrival for traffic, way, arrival in arrivals(made, server, port, hinted=hinted)}
            for traffic in Traffic:
                for way, target in service_ways(made, server, port).items():
                    call = Call(server, port, SOMEBODY, service_target=target, traffic=traffic)
                    wire = connection(made, call, hinted=hinted)
                    client = arrive(made, call, opaque_service=wire.opaque, hinted=hinted)
                    assert found[traffic, way] is client.arrival

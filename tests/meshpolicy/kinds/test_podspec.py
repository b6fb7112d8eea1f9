"""What the API server refuses in workloads and Services: names, ports, numbers, and fields that it does not know."""

from typing import Any

import pytest

from meshpolicy.kinds.names import LABEL_RULE, PORT_RULE
from meshpolicy.manifests.parse import parse_documents

from ..build import GATEWAY, Manifest, documents, network_policy
from .pods import (
    ASKS,
    DATA,
    ENV,
    FIRST,
    NODE_RULE,
    claim,
    container,
    deployment,
    first,
    mount,
    on_host,
    on_nodes,
    placed,
    pod,
    port,
    projected,
    refused,
    service,
    service_of,
)


@pytest.mark.parametrize(
    ("manifest", "fields"),
    [
        (pod(container(ports=[port(), port("metrics", 81)])), []),
        (pod(container(), name="../../precious"), ["metadata.name"]),
        (pod(container(name="a/b")), [f"{FIRST}.name"]),
        (pod(container(name="A")), [f"{FIRST}.name"]),
        (pod(container(name="a" * 64)), [f"{FIRST}.name"]),
        (pod(container(), container()), ["spec.containers[1].name"]),
        (pod(container(), initContainers=[container()]), [f"{FIRST}.name"]),
        (pod(container(ports=[port("../../../control")])), [f"{FIRST}.ports[0].name"]),
        (pod(container(ports=[port("123")])), [f"{FIRST}.ports[0].name"]),
        (pod(container(ports=[port(), port("http", 81)])), [f"{FIRST}.ports[1].name"]),
        (pod(container(ports=[port(number=70000)])), [f"{FIRST}.ports[0].containerPort"]),
        (pod(container(ports=[port(protocol="tcp")])), [f"{FIRST}.ports[0].protocol"]),
        (pod(container(prots=[])), [f"{FIRST}.prots"]),
        (pod(container(env=[{"name": "A=B"}])), [f"{FIRST}.env[0].name"]),
        (pod(container(env=[{"name": "A", "valeu": "b"}])), [f"{FIRST}.env[0].valeu"]),
        (pod(container(readinessProbe={"httpGet": {"port": "no/port"}})), [f"{FIRST}.readinessProbe.httpGet.port"]),
        (pod(container(readinessProbe={**ASKS, "periodSeconds": -1})), [f"{FIRST}.readinessProbe.periodSeconds"]),
        (pod(container(readinessProbe={"periodSeconds": 5})), [f"{FIRST}.readinessProbe"]),
        (pod(container(livenessProbe={})), [f"{FIRST}.livenessProbe"]),
        (pod(container(livenessProbe={**ASKS, "tcpSocket": {"port": 80}})), [f"{FIRST}.livenessProbe.tcpSocket"]),
        (pod(container(startupProbe={**ASKS, "successThreshold": 2})), [f"{FIRST}.startupProbe.successThreshold"]),
        (pod(container(readinessProbe={**ASKS, "successThreshold": 2})), []),
        (pod(container(readinessProbe={"grpc": {"port": 0}})), [f"{FIRST}.readinessProbe.grpc.port"]),
        (pod(container(), initContainers=[first(readinessProbe=ASKS)]), ["spec.initContainers[0].readinessProbe"]),
        (pod(container(), initContainers=[first(lifecycle={"preStop": ASKS})]), ["spec.initContainers[0].lifecycle"]),
        (pod(container(), initContainers=[first(readinessProbe=ASKS, restartPolicy="Always")]), []),
        (pod(container(ports=[port(hostPort=81)]), hostNetwork=True), [f"{FIRST}.ports[0].hostPort"]),
        (pod(container(ports=[port(hostPort=80)]), hostNetwork=True), []),
        (pod(container(ports=[port(hostPort=81)])), []),
        (pod(container(image=None, ports=None, env=None)), []),
        (pod(container(resources={"limits": {"cpu": 1, "memory": "1Gi"}})), []),
        (pod(container(), serviceAccountName="a_b"), ["spec.serviceAccountName"]),
        (deployment(), []),
        (deployment(replicas=0), []),
        (deployment(replicas=-1), ["spec.replicas"]),
        (deployment(replica=2), ["spec.replica"]),
        (deployment(selector={}), ["spec.selector"]),
        (deployment(selector={"matchLabels": {"app": "b"}}), ["spec.selector"]),
        (deployment(strategy={"rollingUpdate": {"maxSurge": "25%"}}), []),
        (service({"port": 80}), []),
        (service({"port": 80, "targetPort": "http"}), []),
        (service({"port": 80, "targetPort": "Http"}), ["spec.ports[0].targetPort"]),
        (service({"port": 80, "targetPort": 70000}), ["spec.ports[0].targetPort"]),
        (service({"port": 80, "name": "a"}, {"port": 81}), ["spec.ports[1].name"]),
        (service({"port": 80, "name": "a"}, {"port": 81, "name": "a"}), ["spec.ports[1].name"]),
        (service({"port": 80, "name": "A"}), ["spec.ports[0].name"]),
        (service({"port": 80}, sessionAffinty="None"), ["spec.sessionAffinty"]),
    ],
)
def test_what_the_api_server_refuses_is_refused_at_its_field(manifest: Manifest, fields: list[str]) -> None:
    assert refused(manifest) == fields


def test_a_gateway_is_held_against_its_schema() -> None:
    listener = {"name": "web", "port": 80, "protocol": "HTTP"}
    spec: Manifest = {"gatewayClassName": "traefik", "listeners": [listener]}
    gateway = {"apiVersion": f"{GATEWAY}/v1", "kind": "Gateway", "metadata": {"name": "a", "namespace": "b"}}
    assert refused({**gateway, "spec": spec}) == []
    assert refused({**gateway, "spec": {**spec, "listener": []}}) == ["spec.listener"]
    assert refused({**gateway, "spec": {**spec, "listeners": [{**listener, "port": 0}]}}) == ["spec.listeners[0].port"]


PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
PREFERENCE = f"spec.affinity.nodeAffinity.{PREFERRED}[0].preference"


def prefers(*expressions: Manifest) -> Manifest:
    """Return a Pod that would rather run on some nodes."""
    term = {"weight": 1, "preference": {"matchExpressions": [*expressions]}}
    return placed(nodeAffinity={PREFERRED: [term]})


def running(**metadata: Any) -> Manifest:
    """Return a Pod with a container that `kubectl debug` adds; the metadata are those that it has beside its name."""
    found = pod(container(), ephemeralContainers=[container(name="debugger", targetContainerName="app")])
    return {**found, "metadata": {**found["metadata"], **metadata}}


SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("manifest", "fields"),
    [
        (pod(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])), []),
        (
            pod(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a/b']"}}}])),
            [],
        ),
        (
            pod(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels"}}}])),
            [f"{ENV}.valueFrom.fieldRef.fieldPath"],
        ),
        (
            pod(container(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "cpu"}}}])),
            [f"{ENV}.valueFrom.resourceFieldRef.resource"],
        ),
        (
            pod(container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a/b"}}}])),
            [f"{ENV}.valueFrom.secretKeyRef.key"],
        ),
        (
            pod(
                container(env=[{"name": "A", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
            ),
            [f"{ENV}.valueFrom"],
        ),
        (pod(container(env=[{"name": "A", "valueFrom": {}}])), [f"{ENV}.valueFrom"]),
        (pod(container(envFrom=[{"configMapRef": {"name": "a"}}])), []),
        (pod(container(envFrom=[{}])), [f"{FIRST}.envFrom[0]"]),
        (pod(container(envFrom=[{"secretRef": {}}])), [f"{FIRST}.envFrom[0].secretRef.name"]),
        (pod(container(livenessProbe={"exec": {}})), [f"{FIRST}.livenessProbe.exec.command"]),
        (pod(container(livenessProbe={"exec": {"command": ["a"]}})), []),
        (
            pod(container(livenessProbe={"httpGet": {"port": 80, "httpHeaders": [{"name": "a b"}]}})),
            [f"{FIRST}.livenessProbe.httpGet.httpHeaders[0].name"],
        ),
        (pod(container(livenessProbe={"httpGet": {"port": 80, "httpHeaders": [{"name": "A-b"}]}})), []),
        (
            pod(container(readinessProbe={**ASKS, "terminationGracePeriodSeconds": 5})),
            [f"{FIRST}.readinessProbe.terminationGracePeriodSeconds"],
        ),
        (pod(container(lifecycle={"preStop": {"sleep": {"seconds": 30}}})), []),
        (pod(container(lifecycle={"preStop": {"sleep": {}}})), []),
        (
            pod(container(lifecycle={"preStop": {"sleep": {"seconds": 31}}})),
            [f"{FIRST}.lifecycle.preStop.sleep.seconds"],
        ),
        (pod(container(lifecycle={"postStart": {}})), [f"{FIRST}.lifecycle.postStart"]),
        (pod(container(imagePullPolicy="always")), [f"{FIRST}.imagePullPolicy"]),
        (pod(container(image=" i")), [f"{FIRST}.image"]),
        (pod(container(resources={"limits": {"cpu": "-1"}})), [f"{FIRST}.resources.limits.cpu"]),
        (pod(container(resources={"limits": {"cpu": "1 m"}})), [f"{FIRST}.resources.limits.cpu"]),
        (pod(container(resources={"limits": {"cpus": 1}})), [f"{FIRST}.resources.limits.cpus"]),
        (pod(container(resources={"limits": {"example.com/gpu": 1}})), []),
        (
            pod(container(resources={"limits": {"memory": "1Gi"}, "requests": {"memory": "1025Mi"}})),
            [f"{FIRST}.resources.requests.memory"],
        ),
        (pod(container(resources={"limits": {"memory": "1Gi"}, "requests": {"memory": "1024Mi"}})), []),
        (pod(container(securityContext={"runAsUser": -1})), [f"{FIRST}.securityContext.runAsUser"]),
        (pod(container(), securityContext={"runAsGroup": 2**31}), ["spec.securityContext.runAsGroup"]),
        (
            pod(container(securityContext={"privileged": True, "allowPrivilegeEscalation": False})),
            [f"{FIRST}.securityContext.allowPrivilegeEscalation"],
        ),
        (
            pod(container(securityContext={"seccompProfile": {"type": "Localhost"}})),
            [f"{FIRST}.securityContext.seccompProfile.localhostProfile"],
        ),
        (pod(container(ports=[port(hostPort=80), port("b", 81, hostPort=80)])), [f"{FIRST}.ports[1].hostPort"]),
        (pod(container(ports=[port(hostPort=80), port("b", 81, hostPort=80, protocol="UDP")])), []),
        (
            pod(container(ports=[port()]), container(name="b", ports=[port()]), hostNetwork=True),
            ["spec.containers[1].ports[0].containerPort"],
        ),
        (pod(container(ports=[port()]), container(name="b", ports=[port()])), []),
        (deployment(template=on_host(container(ports=[port()]), container(name="b", ports=[port()]))), []),
        (pod(container(volumeMounts=[mount()]), volumes=[DATA]), []),
        (pod(container(volumeMounts=[mount(name="date")]), volumes=[DATA]), [f"{FIRST}.volumeMounts[0].name"]),
        (
            pod(container(volumeMounts=[mount(), mount()]), volumes=[DATA]),
            [f"{FIRST}.volumeMounts[1].mountPath"],
        ),
        (
            pod(container(volumeMounts=[mount(subPath="../a")]), volumes=[DATA]),
            [f"{FIRST}.volumeMounts[0].subPath"],
        ),
        (pod(container(), volumes=[DATA, DATA]), ["spec.volumes[1].name"]),
        (pod(container(), volumes=[{"name": "data"}]), []),
        (pod(container(), volumes=[{**DATA, "configMap": {"name": "a"}}]), ["spec.volumes[0].configMap"]),
        (pod(container(), volumes=[{"name": "A", "emptyDir": {}}]), ["spec.volumes[0].name"]),
        (pod(container(), volumes=[{"name": "a", "configMap": {}}]), ["spec.volumes[0].configMap.name"]),
        (pod(container(), volumes=[{"name": "a", "hostPath": {"path": "/a/../b"}}]), ["spec.volumes[0].hostPath.path"]),
        (projected(serviceAccountToken={"path": "t", "expirationSeconds": 3600}), []),
        (
            projected(serviceAccountToken={"path": "t", "expirationSeconds": 60}),
            ["spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds"],
        ),
        (
            projected(configMap={"name": "a", "items": [{"key": "k", "path": "../a"}]}),
            ["spec.volumes[0].projected.sources[0].configMap.items[0].path"],
        ),
        (
            projected(configMap={"name": "a"}, secret={"name": "a"}),
            ["spec.volumes[0].projected.sources[0].secret"],
        ),
        (claim(), []),
        (claim(accessModes=[]), ["spec.volumeClaimTemplates[0].spec.accessModes"]),
        (claim(resources={}), ["spec.volumeClaimTemplates[0].spec.resources.requests.storage"]),
        (pod(container(), tolerations=[{"operator": "Exists"}]), []),
        (pod(container(), tolerations=[{"key": "a", "operator": "exists"}]), ["spec.tolerations[0].operator"]),
        (pod(container(), tolerations=[{"value": "b"}]), ["spec.tolerations[0].operator"]),
        (pod(container(), tolerations=[{"key": "a", "tolerationSeconds": 5}]), ["spec.tolerations[0].effect"]),
        (pod(container(), topologySpreadConstraints=[SPREAD]), []),
        (
            pod(container(), topologySpreadConstraints=[SPREAD, SPREAD]),
            ["spec.topologySpreadConstraints[1].topologyKey"],
        ),
        (
            pod(container(), topologySpreadConstraints=[{**SPREAD, "maxSkew": 0}]),
            ["spec.topologySpreadConstraints[0].maxSkew"],
        ),
        (on_nodes({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), []),
        (on_nodes(), [NODE_RULE]),
        (
            on_nodes({"matchExpressions": [{"key": "a", "operator": "In"}]}),
            [f"{NODE_RULE}[0].matchExpressions[0].values"],
        ),
        (
            placed(podAffinity={"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}),
            ["spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey"],
        ),
        (pod(container(), nodeSelector={"a": "b c"}), ["spec.nodeSelector.a"]),
        (pod(container(), dnsPolicy="None"), ["spec.dnsConfig"]),
        (pod(container(), dnsConfig={"nameservers": ["010.0.0.1"]}), ["spec.dnsConfig.nameservers[0]"]),
        (pod(container(), hostAliases=[{"ip": "a", "hostnames": ["b"]}]), ["spec.hostAliases[0].ip"]),
        (pod(container(), hostname="a.b"), ["spec.hostname"]),
        (pod(container(), securityContext={"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}), []),
        (
            pod(container(), securityContext={"sysctls": [{"name": "net.a", "value": "1"}]}, hostNetwork=True),
            ["spec.securityContext.sysctls[0].name"],
        ),
        (
            pod(container(), securityContext={"sysctls": [{"name": "A", "value": "1"}]}),
            ["spec.securityContext.sysctls[0].name"],
        ),
        (pod(container(), os={"name": "plan9"}), ["spec.os.name"]),
        (pod(container(), ephemeralContainers=[container(name="b")]), ["spec.ephemeralContainers"]),
        (running(uid="1f2c"), []),
        (running(resourceVersion="12"), []),
        ({**running(), "status": {"phase": "Running"}}, []),
        ({**running(), "status": {}}, ["spec.ephemeralContainers"]),
        (prefers({"key": "a", "operator": "In", "values": ["a b"]}), []),
        (prefers({"key": "a b", "operator": "Exists"}), [f"{PREFERENCE}.matchExpressions[0].key"]),
        (pod(container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.host"}}}])), []),
        (pod(container(envFrom=[{"configMapRef": {"name": "foo-"}}, {"secretRef": {"name": "a.-"}}])), []),
        (pod(container(envFrom=[{"configMapRef": {"name": "-"}}])), [f"{FIRST}.envFrom[0].configMapRef.name"]),
        (pod(container(envFrom=[{"configMapRef": {"name": "a_b-"}}])), [f"{FIRST}.envFrom[0].configMapRef.name"]),
        (pod(container(), securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": ""}}), []),
        (
            pod(container(), securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "/a"}}),
            ["spec.securityContext.seccompProfile.localhostProfile"],
        ),
        (pod(container(), securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": "a"}}), []),
        (
            pod(container(), securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": " a"}}),
            ["spec.securityContext.appArmorProfile.localhostProfile"],
        ),
        (
            pod(container(volumeMounts=[mount(mountPropagation="")]), volumes=[DATA]),
            [f"{FIRST}.volumeMounts[0].mountPropagation"],
        ),
        (pod(container(), resourceClaims=[{"name": "A", "resourceClaimName": "b"}]), ["spec.resourceClaims[0].name"]),
        (
            pod(container(), securityContext={"appArmorProfile": {"type": "Localhost", "localhostProfile": ""}}),
            ["spec.securityContext.appArmorProfile.localhostProfile"],
        ),
        (deployment(strategy={"type": "Recreate", "rollingUpdate": {}}), ["spec.strategy.rollingUpdate"]),
        ({**deployment(updateStrategy={"type": "OnDelete", "rollingUpdate": {}}), "kind": "DaemonSet"}, []),
        (deployment(strategy={"rollingUpdate": {"maxSurge": "some"}}), ["spec.strategy.rollingUpdate.maxSurge"]),
    ],
)
def test_pods_are_refused_where_a_real_api_server_refused_them(manifest: Manifest, fields: list[str]) -> None:
    """Kubernetes 1.36.4 was asked about 28,500 random changes of pods, Services and NetworkPolicies."""
    assert refused(manifest) == fields


@pytest.mark.parametrize(
    ("manifest", "messages"),
    [
        (pod(container(volumeMounts=[mount(name="")]), volumes=[DATA]), ["is missing or empty"]),
        (pod(container(volumeDevices=[{"name": "", "devicePath": "/d"}])), ["is missing or empty"]),
        (pod(container(), volumes=[{**DATA, "name": "A"}] * 2), [f"is `A`: {LABEL_RULE}"] * 2),
        (pod(container(name="A"), container(name="A")), [f"is `A`: {LABEL_RULE}"] * 2),
        (pod(container(ports=[port("A"), port("A", 81)])), [f"is `A`: {PORT_RULE}"] * 2),
        (
            pod(container(lifecycle={"preStop": {}})),
            ["has no handler: one of exec, httpGet, sleep, tcpSocket is expected"],
        ),
        (
            pod(container(ports=[port(hostPort=81)]), hostNetwork=True),
            ["is 81, where the containerPort 80 is expected with hostNetwork"],
        ),
        (
            pod(container(), volumes=[{**DATA, "configMap": {"name": "a"}}]),
            ["is given beside emptyDir: a volume has one source"],
        ),
        (service_of(clusterIP="10.0.0.300"), ["is `10.0.0.300`, where an IP address or `None` is expected"]),
        (
            network_policy(ingress=[{"ports": [{"port": 80, "endPort": "x"}]}]),
            ["is `x`, where a whole number is expected"],
        ),
        (deployment(template=4), ["is `4`, where an object is expected"]),
        (
            deployment(template={"metadata": {"labels": {"app": "a"}}, "spec": 3}),
            ["is `3`, where an object is expected"],
        ),
        ({**deployment(), "spec": 3}, ["is `3`, where an object is expected"]),
        ({**pod(), "spec": 3}, ["is `3`, where an object is expected"]),
    ],
)
def test_one_mistake_gives_one_message(manifest: Manifest, messages: list[str]) -> None:
    assert [problem.message for problem in parse_documents(documents(manifest)).wrong] == messages


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (service_of(selector={"app": "a b"}), True),
        (service_of(selector={"a b": "x"}), True),
        (service_of(ports=[]), True),
        (service_of(ports=[], clusterIP="None"), False),
        (service_of(ports=[{"port": 80, "name": "", "targetPort": "", "protocol": ""}]), False),
        (service_of(ports=[{"port": 80, "targetPort": 0}]), False),
        (service_of(ports=[{"port": 80, "targetPort": 65536}]), True),
        (service_of(ports=[{"port": 80, "appProtocol": "a b"}]), True),
        (service_of(ports=[{"port": 80, "appProtocol": ""}]), True),
        (pod(container(image="i"), terminationGracePeriodSeconds=-1), False),
        (network_policy(podSelector={"matchExpressions": [{"key": "a b", "operator": "Exists"}]}), True),
        (network_policy(podSelector={"matchLabels": {"app": "-x"}}), True),
        (network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]), False),
        (network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "10.1.2.3/8"}}]}]), True),
        (network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/255.0.0.0"}}]}]), True),
        (network_policy(ingress=[{"from": [{"ipBlock": {"cidr": "::ffff:10.0.0.0/104"}}]}]), True),
        (network_policy(ingress=[{"ports": [{"port": ""}]}]), True),
        (network_policy(ingress=[{"ports": [{"port": "HTTP"}]}]), True),
        (network_policy(policyTypes=["Ingress", "Egress", "Ingress"]), True),
        (network_policy(ingress=[None]), False),
        (network_policy(ingress=[{"ports": [None]}]), False),
        (network_policy(ingress=[{"from": [None]}]), True),
        (
            network_policy(podSelector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["a b"]}]}),
            True,
        ),
    ],
)
def test_services_and_networkpolicies_are_refused_as_a_real_api_server_did(manifest: Manifest, expected: bool) -> None:
    """Kubernetes 1.36.4: an empty word of a Service is left out, and a CIDR has no bits beyond its length."""
    assert bool(refused(manifest)) is expected

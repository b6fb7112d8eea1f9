"""Linkerd's annotations and labels: their names, and which a pod takes over from its namespace (R8). Pure."""

INJECT = "linkerd.io/inject"
CONFIG = "config.linkerd.io/"
DEFAULT_POLICY = "config.linkerd.io/default-inbound-policy"
OPAQUE_PORTS = "config.linkerd.io/opaque-ports"
SKIP_INBOUND = "config.linkerd.io/skip-inbound-ports"
SKIP_OUTBOUND = "config.linkerd.io/skip-outbound-ports"
SKIP_SUBNETS = "config.linkerd.io/skip-subnets"
REQUIRE_IDENTITY = "config.linkerd.io/proxy-require-identity-inbound-ports"
NATIVE_SIDECAR = tuple(f"config.{stage}linkerd.io/proxy-enable-native-sidecar" for stage in ("", "beta.", "alpha."))
"""The first of them that is there counts (pkg/inject/inject.go ApplyAnnotationOverrides)."""
PROXY_VERSION = "config.linkerd.io/proxy-version"
ADDITIONAL_ENV = "config.linkerd.io/proxy-additional-env"
CONTROL_PORT_ANNOTATION = "config.linkerd.io/control-port"
ADMIN_PORT_ANNOTATION = "config.linkerd.io/admin-port"
INBOUND_PORT_ANNOTATION = "config.linkerd.io/inbound-port"
OUTBOUND_PORT_ANNOTATION = "config.linkerd.io/outbound-port"

PROXY_PORTS = (CONTROL_PORT_ANNOTATION, ADMIN_PORT_ANNOTATION, INBOUND_PORT_ANNOTATION, OUTBOUND_PORT_ANNOTATION)

INBOUND_PORT = 4143
CONTROL_PORT = 4190
ADMIN_PORT = 4191
"""The proxy's own ports, unless something says otherwise."""

WEBHOOKS = "config.linkerd.io/admission-webhooks"
"""A label of a Namespace: `disabled` keeps Linkerd's webhooks away from it."""
COMPONENT = "linkerd.io/control-plane-component"
CNI_RESOURCE = "linkerd.io/cni-resource"
CONTROL_PLANE = "linkerd.io/control-plane-ns"
WORKLOAD_NAMESPACE = "linkerd.io/workload-ns"
PROXY_OF_KIND = {
    "Deployment": "linkerd.io/proxy-deployment",
    "ReplicationController": "linkerd.io/proxy-replicationcontroller",
    "ReplicaSet": "linkerd.io/proxy-replicaset",
    "Job": "linkerd.io/proxy-job",
    "DaemonSet": "linkerd.io/proxy-daemonset",
    "StatefulSet": "linkerd.io/proxy-statefulset",
}
"""The label by which the injector names the owner of a pod (pkg/inject/inject.go, populateMeta)."""

_OWN = (
    *("debug-image", "debug-image-version", "debug-image-pull-policy", "close-wait-timeout"),
    *("enable-gateway", "proxy-cpu-ratio-limit"),
)
_SHARED = (
    *("admin-port", "control-port", "enable-debug-sidecar", "enable-external-profiles", "image-pull-policy"),
    *("inbound-port", "outbound-port", "pod-inbound-ports", "proxy-cpu-limit", "proxy-cpu-request", "proxy-image"),
    *("proxy-admin-shutdown", "proxy-log-format", "proxy-log-level", "proxy-log-http-headers"),
    *("proxy-memory-limit", "proxy-memory-request", "proxy-ephemeral-storage-limit"),
    *("proxy-ephemeral-storage-request", "proxy-uid", "proxy-gid", "proxy-version"),
    *("proxy-require-identity-inbound-ports", "skip-inbound-ports", "opaque-ports", "skip-outbound-ports"),
    *("proxy-metrics-hostname-labels", "proxy-outbound-connect-timeout", "proxy-inbound-connect-timeout"),
    *("proxy-await", "default-inbound-policy", "skip-subnets", "access-log", "shutdown-grace-period"),
    *("proxy-outbound-discovery-cache-unused-timeout", "proxy-inbound-discovery-cache-unused-timeout"),
    *("proxy-disable-outbound-protocol-detect-timeout", "proxy-disable-inbound-protocol-detect-timeout"),
    *("proxy-enable-native-sidecar", "proxy-additional-env"),
)
INHERITED = frozenset(
    (
        *(f"{CONFIG}{name}" for name in _SHARED),
        "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
        "config.alpha.linkerd.io/proxy-enable-native-sidecar",
    )
)
"""What passes from the namespace to its new pods (R8; pkg/inject/inject.go, ProxyAnnotations)."""
OF_PODS = INHERITED | {INJECT, "config.beta.linkerd.io/proxy-enable-native-sidecar"} | {f"{CONFIG}{n}" for n in _OWN}
"""The annotations of a pod that Linkerd's injector reads."""
OF_SERVICES = frozenset(
    (
        OPAQUE_PORTS,
        *(f"balancer.linkerd.io/failure-accrual{rest}" for rest in ("", "-consecutive-max-failures")),
        *(f"balancer.linkerd.io/failure-accrual-consecutive-{rest}" for rest in ("min-penalty", "max-penalty")),
        "balancer.linkerd.io/failure-accrual-consecutive-jitter-ratio",
        *(f"retry.linkerd.io/{name}" for name in ("http", "grpc", "limit", "timeout")),
        *(f"timeout.linkerd.io/{name}" for name in ("request", "response", "idle")),
    )
)
"""The annotations of a Service that Linkerd reads."""
LABELS = frozenset(
    (
        *(COMPONENT, CNI_RESOURCE, CONTROL_PLANE, WORKLOAD_NAMESPACE, WEBHOOKS, "linkerd.io/extension"),
        *(*PROXY_OF_KIND.values(), "linkerd.io/proxy-cronjob", "linkerd.io/is-control-plane"),
    )
)

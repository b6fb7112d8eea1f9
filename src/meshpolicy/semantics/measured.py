"""What Linkerd's source did not say, and a real Linkerd showed. Pure data."""

from meshpolicy.semantics.rule import Rule

MEASURED = "measured"

MEASURED_RULES = (
    Rule("M1", "A pod that calls itself passes all policies, but for its proxy's own ports.", MEASURED),
    Rule("M2", "A meshed HTTP client whose connection is closed reads 502 from its own proxy.", MEASURED),
    Rule(
        "M3",
        "An unmeshed client that sends no HTTP to a port declared HTTP/1 reads 400 before the connection is closed.",
        MEASURED,
    ),
    Rule("M4", "A route on a Service is its clients' policy, not the server's.", MEASURED),
    Rule("M5", "Hostnames match without regard to case.", MEASURED),
    Rule("M6", "A reference without a name is refused.", MEASURED),
)

"""Which collector the environment names, in OpenTelemetry's own words."""

import pytest

from localmesh.errors import BadInput
from localmesh.traces.collector import Collector, collector

ENDPOINT, OWN = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
CERTIFICATE = "OTEL_EXPORTER_OTLP_CERTIFICATE"
PROTOCOL, HEADERS = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({ENDPOINT: ""}, None),
        ({ENDPOINT: "http://here:4318"}, Collector("http://here:4318/v1/traces")),
        ({ENDPOINT: "http://here:4318/"}, Collector("http://here:4318/v1/traces")),
        ({ENDPOINT: "https://here/otlp"}, Collector("https://here/otlp/v1/traces", tls=True)),
        ({OWN: "http://here/as/it/is"}, Collector("http://here/as/it/is")),
        ({OWN: "http://one/x", ENDPOINT: "http://two"}, Collector("http://one/x")),
        ({ENDPOINT: "http://here:4317", PROTOCOL: "grpc"}, Collector("here:4317", grpc=True)),
        ({ENDPOINT: "http://here", HEADERS: "A-b=c%20d,e=f"}, None),
        ({ENDPOINT: "http://here", "OTEL_TRACES_EXPORTER": "none"}, None),
    ],
)
def test_the_collector_is_what_the_variables_say(environ: dict[str, str], expected: Collector | None) -> None:
    found = collector(environ)
    if HEADERS in environ:
        assert found is not None
        assert found.headers == {"a-b": "c d", "e": "f"}
        assert "c d" not in repr(found)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({ENDPOINT: "here:4318"}, f"{ENDPOINT}: expected an http:// or https:// URL"),
        ({ENDPOINT: "ftp://here"}, f"{ENDPOINT}: expected"),
        ({ENDPOINT: "http://here:99999"}, f"{ENDPOINT}: expected"),
        ({ENDPOINT: "http://he\nre"}, f"{ENDPOINT}: expected"),
        ({OWN: "//here"}, f"{OWN}: expected"),
        (
            {ENDPOINT: "http://here", HEADERS: "a=pass%C3%A4"},
            f"{HEADERS}: 'a': expected a name and",
        ),
        ({ENDPOINT: "http://here", HEADERS: "a b=c"}, f"{HEADERS}: 'a b': expected"),
        ({ENDPOINT: "http://here", HEADERS: "a=b%0ac:d"}, f"{HEADERS}: 'a': expected"),
        ({ENDPOINT: "https://here", CERTIFICATE: "/no/such.pem"}, f"{CERTIFICATE}=/no/such.pem: No such file"),
        ({ENDPOINT: "https://here", CERTIFICATE: __file__}, f"{CERTIFICATE}={__file__}: expected certificates as PEM"),
        ({ENDPOINT: "http://here", PROTOCOL: "http/json"}, f"{PROTOCOL}=http/json: expected http/protobuf or grpc"),
    ],
)
def test_what_is_no_collector_is_reported_before_anything_starts(environ: dict[str, str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        collector(environ)
    assert caught.value.reasons[0].startswith(says)


def test_all_that_is_wrong_is_reported_and_no_password_is_shown() -> None:
    with pytest.raises(BadInput) as caught:
        collector({ENDPOINT: "tcp://me:s3cret@here", PROTOCOL: "x"})
    assert len(caught.value.reasons) == 2
    assert "s3cret" not in str(caught.value)
    found = collector({ENDPOINT: "http://me:s3cret@here"})
    assert found is not None
    assert found.shown == "here/v1/traces"

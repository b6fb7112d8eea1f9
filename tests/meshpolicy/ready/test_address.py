"""Which addresses a text names."""

import pytest

from meshpolicy.ready.address import Address, addresses, is_address_name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://cart", [("cart", 80, "http", "")]),
        ("http://cart/", [("cart", 80, "http", "")]),
        ("https://cart.shop.svc:8443/items?all=1", [("cart.shop.svc", 8443, "https", "/items")]),
        ("cart:7000", [("cart", 7000, "", "")]),
        ("cart.shop.svc.cluster.local", [("cart.shop.svc.cluster.local", 0, "", "")]),
        ("postgres://user:pass%2Fword@db:5432/orders?sslmode=disable", [("db", 5432, "postgres", "/orders")]),
        ("postgres://db/orders", [("db", 5432, "postgres", "/orders")]),
        ("jdbc:postgresql://db:5432/orders", [("db", 5432, "postgresql", "/orders")]),
        ("mongodb://a:27017,b:27018/x", [("a", 27017, "mongodb", "/x"), ("b", 27018, "mongodb", "/x")]),
        ("kafka-0.kafka:9092,kafka-1.kafka:9092", [("kafka-0.kafka", 9092, "", ""), ("kafka-1.kafka", 9092, "", "")]),
        ("user:word@tcp(db:3306)/orders", [("db", 3306, "", "")]),
        ("a=http://a.etcd:2380,b=http://b.etcd:2380", [("a.etcd", 2380, "http", ""), ("b.etcd", 2380, "http", "")]),
        ("host=db port=5432", [("db", 0, "", "")]),
        ("http://cart/{id}", [("cart", 80, "http", "")]),
        ("# http://cart:1\nhttp://cart:2", [("cart", 2, "http", "")]),
        ("level: info", []),
        ("12:30", []),
        ("2026-01-01T10:00:00Z", []),
        ("cart:99999", []),
        ("a b c", []),
        ("", []),
    ],
)
def test_a_text_names(text: str, found: list[tuple[str, int, str, str]]) -> None:
    assert [(one.host, one.port, one.scheme, one.path) for one in addresses(text)] == found


@pytest.mark.parametrize(
    ("name", "sure"),
    [("CART_HOST", True), ("CART_SERVICE_ADDR", True), ("KAFKA_BROKERS", True), ("NAME", False), ("LOG_LEVEL", False)],
)
def test_a_bare_word_is_an_address_by_the_name_of_its_variable(name: str, sure: bool) -> None:
    assert is_address_name(name) is sure
    assert list(addresses("cart", name)) == [Address("cart", sure=sure)]


def test_a_user_and_a_password_are_no_part_of_an_address() -> None:
    [found] = addresses("amqp://guest:hunter2@queue:5672/vhost")
    assert "hunter2" not in repr(found)

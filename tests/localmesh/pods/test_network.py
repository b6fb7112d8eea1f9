"""Two meshes on one machine do not share addresses."""

import socket

import pytest

from localmesh.errors import BadInput
from localmesh.pods.addresses import to_loopback
from localmesh.pods.network import claimed


def test_each_mesh_gets_a_piece_of_the_pod_network_and_frees_it() -> None:
    with claimed() as first:
        with claimed() as second:
            assert first != second
        with claimed() as third:
            assert third == second
    assert str(first.node).startswith("10.244.")


def test_the_node_has_the_first_address_and_pods_the_next_ones_as_they_come_and_go() -> None:
    with claimed() as network:
        one, two = network.hold("a-0", [8080]), network.hold("a-1", [8080])
        network.release(one)
        again = network.hold("a-2", [8080])
        assert network.node == network.network[1]
        # A stranger's connections of a moment ago may keep an address from being taken.
        assert to_loopback(network.node) < one.address == again.address < two.address
        network.release(two)
        network.release(again)


def test_an_address_is_left_out_where_somebody_listens_on_one_of_the_ports() -> None:
    with claimed() as network, socket.socket() as squatter:
        free = network.hold("a-0", [8080])
        network.release(free)
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a moment ago do not matter
        squatter.bind((str(free.address), 8080))
        squatter.listen()
        held = network.hold("a-0", [8080])
        network.release(held)
    assert held.address > free.address


def test_a_port_that_is_taken_on_all_addresses_is_named() -> None:
    with claimed() as network, socket.socket() as squatter:
        squatter.bind(("0.0.0.0", 0))  # noqa: S104 that is the point
        squatter.listen()
        port = squatter.getsockname()[1]
        with pytest.raises(BadInput, match=f"a-0 with the ports 4140, {port}: Address already in use"):
            network.hold("a-0", [port])


def test_what_is_held_the_same_user_can_listen_on_and_nobody_connects_before() -> None:
    with claimed() as network:
        held = network.hold("a-0", [8080])
        place = (str(held.address), 8080)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place)
        with socket.socket() as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                plain.bind(place)
        with socket.socket() as sidecar:
            sidecar.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sidecar.bind(place)
            sidecar.listen()
            socket.create_connection(place).close()
        network.release(held)

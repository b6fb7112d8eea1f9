"""Two meshes on one machine do not share addresses."""

from ipaddress import IPv4Address

from localmesh.pods.network import claimed


def test_each_mesh_gets_a_piece_of_the_pod_network_and_frees_it() -> None:
    with claimed() as first:
        with claimed() as second:
            assert first != second
        with claimed() as third:
            assert third == second
    assert str(first.node).startswith("10.244.")


def test_the_node_has_the_first_address_and_pods_the_rest() -> None:
    with claimed() as network:
        pods = list(network.pods())
    assert network.node == network.network[1]
    assert len(pods) == 253
    assert pods[0] == IPv4Address(int(network.node) + 1)

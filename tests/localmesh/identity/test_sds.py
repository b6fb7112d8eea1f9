"""The secrets' files are private, whole, and what Envoy reads."""

import json
from datetime import timedelta
from pathlib import Path

from localmesh.identity import sds
from localmesh.identity.authority import Authority
from localmesh.identity.certificates import Validity

AUTHORITY = Authority.create("cluster.local")
LEAF = AUTHORITY.issuer.leaf("a.b.serviceaccount.identity.linkerd.cluster.local", Validity.lasting(timedelta(hours=1)))


def test_a_certificate_and_its_key_stand_in_one_file(tmp_path: Path) -> None:
    sds.write_identity(tmp_path / "tls", LEAF)
    path = sds.secret_file(tmp_path / "tls", sds.IDENTITY)
    (secret,) = json.loads(path.read_text())["resources"]
    found = secret["tls_certificate"]
    assert ("identity", LEAF.chain_pem) == (secret["name"], found["certificate_chain"]["inline_string"])
    assert found["private_key"]["inline_string"] == LEAF.key_pem
    assert path.stat().st_mode & 0o777 == 0o600


def test_several_anchors_are_trusted_while_one_is_replaced(tmp_path: Path) -> None:
    sds.write_trust(tmp_path, ["first\n", "second\n"])
    (secret,) = json.loads(sds.secret_file(tmp_path, sds.TRUST).read_text())["resources"]
    assert secret["validation_context"]["trusted_ca"]["inline_string"] == "first\nsecond\n"


def test_a_rotation_leaves_no_other_file_behind(tmp_path: Path) -> None:
    sds.write_identity(tmp_path, LEAF)
    sds.write_identity(tmp_path, LEAF)
    assert [path.name for path in tmp_path.iterdir()] == ["sds-identity.json"]

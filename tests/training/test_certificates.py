"""Certificates of one's own: what trusts them, what does not, and which files others may read."""

import socket
import ssl
import stat
import threading
import time
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import SettingsError
from andel.training.certificates import (
    SERVER_DAYS,
    issue_server,
    make_authority,
    make_node_key,
    make_server_files,
    read_node_key,
)

NOW = 1_790_000_000
DAY = 86_400


def handshake(files, name, authority=None):
    """Whether a client that trusts `authority` speaks with this server under `name`. Raises ssl.SSLError."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    client = ssl.create_default_context(cafile=str(authority or files.authority))
    here, there = socket.socketpair()

    def serve():
        try:
            with server.wrap_socket(there, server_side=True):
                pass
        except OSError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(here, server_hostname=name):
            return True
    finally:
        here.close()
        thread.join()


@pytest.fixture
def files(tmp_path):
    return make_server_files(tmp_path / "tls", ["127.0.0.1", "fleet.example"], int(time.time()))


@pytest.mark.parametrize("name", ["127.0.0.1", "fleet.example"])
def test_who_trusts_the_authority_speaks_with_the_server_under_its_names(files, name):
    assert handshake(files, name)


def test_no_other_name_and_no_other_authority_will_do(files, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, "other.example")
    other = tmp_path / "other.pem"
    other.write_bytes(make_authority("other", NOW).certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, "127.0.0.1", other)


def test_a_renewed_certificate_is_of_the_same_authority(files):
    before = files.certificate.read_bytes(), files.authority.read_bytes()
    again = make_server_files(files.authority.parent, ["10.0.0.1"], NOW)
    assert again.authority.read_bytes() == before[1] and again.certificate.read_bytes() != before[0]
    certificate = x509.load_pem_x509_certificate(again.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.1")]
    assert int(certificate.not_valid_after_utc.timestamp()) == NOW + SERVER_DAYS * DAY


def test_a_server_certificate_cannot_issue_others_and_the_authority_only_once_removed(files):
    server = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    limits = [item.extensions.get_extension_for_class(x509.BasicConstraints).value for item in (server, authority)]
    assert [(limit.ca, limit.path_length) for limit in limits] == [(False, None), (True, 0)]


def test_only_their_owner_reads_keys(files):
    for path in (files.key, files.authority.with_suffix(".key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_half_an_authority_is_refused(files):
    files.authority.unlink()
    with pytest.raises(SettingsError, match="half an authority"):
        make_server_files(files.authority.parent, ["127.0.0.1"], NOW)


def test_a_node_key_is_read_as_it_was_made():
    key = make_node_key()
    assert read_node_key(key.private) == key
    assert b"PUBLIC KEY" in key.public


@given(st.binary(max_size=300))
def test_whatever_is_no_node_key_is_refused_without_being_shown(data):
    with pytest.raises(SettingsError, match="not a node key"):
        read_node_key(data)


def test_a_key_on_another_curve_is_no_node_key():
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    with pytest.raises(SettingsError, match="not a node key"):
        read_node_key(other)


@pytest.mark.parametrize("hosts", [[], ["a"] * 40, ["bücher.example"]])
def test_names_that_no_certificate_can_carry_are_refused(hosts):
    with pytest.raises(SettingsError):
        issue_server(make_authority("fleet", NOW), hosts, NOW)

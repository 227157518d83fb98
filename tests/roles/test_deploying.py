"""A coordinator's set-up as files: what is secret is its owner's, nothing is overwritten, every part is well formed."""

import re
import shutil
import stat
import subprocess
from contextlib import ExitStack

import pytest
import yaml
from cryptography import x509
from typer.testing import CliRunner

from andel.cli.app import app
from andel.errors import SettingsError
from andel.roles.deploying.folder import Given, write_site
from andel.roles.deploying.guide import INSTALLED
from andel.roles.deploying.nginx import PUBLISHED
from andel.roles.deploying.site import Site
from andel.training.bounded_http import PATHS
from andel.training.certificates import issue_server, make_authority, make_node_key
from tests.support.superlinks import Place

NOW = 1_790_000_000
SITE = Site(("fleet.example.org", "192.0.2.7"))
SECRET = ("authority/authority.key", "nginx/public.key", "secrets/superlink.key", "secrets/superlink.secret")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_what_strangers_may_read_is_readable_by_them(tmp_path):
    written = write_site(tmp_path / "site", SITE, NOW)
    modes = {str(name): stat.S_IMODE((tmp_path / "site" / name).stat().st_mode) for name in written}
    assert {name for name, mode in modes.items() if mode == 0o600} == set(SECRET)
    assert {mode for name, mode in modes.items() if name not in SECRET} == {0o644}
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == 0o700
    assert {str(name) for name in written} == set(files(tmp_path / "site"))


def test_no_file_but_the_secret_ones_holds_a_secret(tmp_path):
    write_site(tmp_path / "site", SITE, NOW)
    found = files(tmp_path / "site")
    secret = found["secrets/superlink.secret"]
    for name, data in found.items():
        assert (b"PRIVATE KEY" in data) == (name.endswith(".key")), name
        assert name == "secrets/superlink.secret" or (secret not in data and secret.hex().encode() not in data), name


def test_a_folder_that_is_there_is_left_alone_unless_told_and_then_its_authority_and_secrets_stay(tmp_path):
    folder = tmp_path / "site"
    write_site(folder, SITE, NOW)
    (folder / "secrets/coordinator.key").write_text("a wallet")
    before = files(folder)
    with pytest.raises(SettingsError, match="is there already"):
        write_site(folder, SITE, NOW + 1)
    assert files(folder) == before
    write_site(folder, Site(("other.example.org",)), NOW + 86_400, force=True)
    after = files(folder)
    same = {name for name in before if after[name] == before[name]}
    assert {"authority/authority.key", "authority/authority.pem", "secrets/superlink.secret"} <= same
    assert "secrets/coordinator.key" in same and not {"nginx/public.pem", "nginx/andel.conf"} & same


def test_a_link_in_the_folder_is_replaced_and_never_written_through(tmp_path):
    folder, target = tmp_path / "site", tmp_path / "elsewhere"
    target.write_text("kept")
    (folder / "secrets").mkdir(parents=True)
    (folder / "andel.env").symlink_to(target)
    (folder / "nginx").mkdir()
    (folder / "nginx/public.key").symlink_to(target)
    write_site(folder, SITE, NOW, force=True)
    assert target.read_text() == "kept" and not (folder / "nginx/public.key").is_symlink()


def test_half_an_authority_is_no_reason_to_make_another(tmp_path):
    write_site(tmp_path / "site", SITE, NOW)
    (tmp_path / "site/authority/authority.key").unlink()
    before = files(tmp_path / "site")
    with pytest.raises(SettingsError, match="half an authority"):
        write_site(tmp_path / "site", SITE, NOW, force=True)
    assert files(tmp_path / "site") == before


def test_a_given_certificate_is_published_and_one_of_another_key_refused(tmp_path):
    authority = make_authority("a public one", NOW)
    certificate, key = issue_server(authority, SITE.names, NOW)
    _, other = issue_server(authority, SITE.names, NOW)
    for wrong in (Given(certificate, other), Given(b"nothing", key), Given(certificate, b"nothing")):
        with pytest.raises(SettingsError, match="the key is not|cannot be read"):
            write_site(tmp_path / "site", SITE, NOW, wrong)
    assert not (tmp_path / "site").exists()
    write_site(tmp_path / "site", SITE, NOW, Given(certificate, key))
    found = files(tmp_path / "site")
    assert found["nginx/public.pem"] == certificate and found["nginx/public.key"] == key
    inner = x509.load_pem_x509_certificate(found["superlink/server.pem"])
    assert inner.issuer.rfc4514_string() == "CN=Andel fleet"


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("a b",),
        ("a;b",),
        ("a\n}",),
        ("https://a",),
        ("a:443",),
        ("-a",),
        ("a.",),
        ("$host",),
        ("*.a",),
        ("a" * 64,),
    ],
)
def test_a_name_that_could_mean_more_than_a_name_is_refused(names):
    with pytest.raises(SettingsError, match="public name"):
        Site(names)


def test_nginx_publishes_what_nodes_ask_for_and_nothing_by_which_they_register():
    assert {f"/v1/fleet/{name}" for name in PUBLISHED} == PATHS - {"/v1/fleet/register-node"}


def test_superlink_is_on_loopback_asks_for_node_keys_and_for_its_secret(tmp_path):
    write_site(tmp_path / "site", SITE, NOW)
    unit = (tmp_path / "site/systemd/andel-superlink.service").read_text()
    compose = yaml.safe_load((tmp_path / "site/containers/compose.yaml").read_text())
    for words in (unit, " ".join(compose["services"]["superlink"]["command"])):
        for said in ("--host 127.0.0.1", "--enable-supernode-auth", "--superexec-auth-secret-file", "--ssl-certfile"):
            assert said in words
        assert "--insecure" not in words


def test_the_units_are_what_systemd_takes_and_nothing_in_them_has_rights(tmp_path):
    write_site(tmp_path / "site", SITE, NOW)
    units = sorted((tmp_path / "site/systemd").glob("*.service"))
    assert len(units) == 4
    for unit in units:
        text = unit.read_text()
        for said in (
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            f"User={unit.stem}",
            "Restart=always",
            "UMask=0077",
        ):
            assert f"\n{said}\n" in text, unit.name
        assert "User=root" not in text and re.findall(r"@[A-Z]+", text) == []
        # the programs are not there yet
        unit.write_text(re.sub(r"/opt/andel/bin/\S+", "/bin/true", text))
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine (Debian: apt-get install systemd): lines are checked alone")
    checked = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=120, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_compose_file_publishes_nginx_alone_and_names_no_image_of_others(tmp_path):
    write_site(tmp_path / "site", SITE, NOW)
    compose = yaml.safe_load((tmp_path / "site/containers/compose.yaml").read_text())
    services = compose["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"edge"}
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"] and service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"] and "privileged" not in service
        assert service["image"] in ("andel", "andel-edge")
        inside = service.get("network_mode") == "service:edge"
        assert inside == (name in ("superlink", "content", "coordinator"))
        for volume in service["volumes"]:
            source, target, *mode = volume.split(":")
            assert mode == ["ro"] or target == "/state", volume
            made = (tmp_path / "site/containers" / source).resolve()
            assert made.exists() or made.name in ("coordinator.key", "validator.key"), volume
    built = (tmp_path / "site/containers/Containerfile").read_text()
    assert re.findall(r"^FROM (\S+)", built, re.MULTILINE) == ["${BASE_IMAGE}"] * 2


def test_the_guide_installs_every_file_that_belongs_somewhere(tmp_path):
    written = {str(name) for name in write_site(tmp_path / "site", SITE, NOW)}
    guide = (tmp_path / "site/README.md").read_text()
    installed = dict(re.findall(r"^install -D -m \d+ (\S+) (\S+)$", guide, re.MULTILINE))
    assert installed == {name: place for name, (place, _) in INSTALLED.items()}
    assert set(installed) - written == {"secrets/coordinator.key"}
    assert re.findall(r"@[A-Z]+", guide) == []


def test_the_command_writes_it_and_says_what_is_missing_in_a_line(tmp_path):
    def run(*words):
        return CliRunner().invoke(app, ["coordinate", *map(str, words)], env={"COLUMNS": "200"})

    folder = tmp_path / "site"
    written = run("--write-deployment", folder, "--public-name", "fleet.example.org", "--public-port", 8443)
    assert written.exit_code == 0 and "nothing is installed" in written.output
    assert "listen 8443 ssl;" in (folder / "nginx/andel.conf").read_text()
    for words, said in (
        (("--write-deployment", folder, "--public-name", "a.example.org"), "is there already"),
        (("--write-deployment", tmp_path / "two"), "0 public names"),
        (("--write-deployment", tmp_path / "two", "--certificate", folder), "go together"),
        ((), "--superlink is needed"),
    ):
        failed = run(*words)
        assert failed.exit_code == 1 and said in str(getattr(failed.exception, "message", failed.output)), words
    assert not (tmp_path / "two").exists()


@pytest.mark.full
def test_a_node_is_let_in_and_shut_out_by_command(tmp_path):
    with ExitStack() as stack:
        place = Place(tmp_path, stack)
        key = tmp_path / "node.pem"
        key.write_bytes(make_node_key().public)
        words = ["coordinate", "--superlink", place.door.address, "--root-certificate", str(place.tls.authority)]
        admitted = CliRunner().invoke(app, [*words, "--admit-node", str(key)])
        assert admitted.exit_code == 0 and int(admitted.output) > 0
        assert CliRunner().invoke(app, [*words, "--shut-out", admitted.output.strip()]).exit_code == 0

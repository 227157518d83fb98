"""nginx's part of a site: the only door to the network.

Gives one file for the `http` block of Debian's nginx (1.22 and later). SuperLink serves what nodes need and what starts
code on one port; so every published path stands here by its name and reaches SuperLink under a name written here, never
as the client spelt it. All else is 404. What is relative (`andel/…`) lies beside nginx's own configuration.
"""

from __future__ import annotations

from typing import Final

from andel.roles.deploying.site import Site
from andel.training.bounded_http import PATHS
from andel.training.fleet_link import MAX_MESSAGE_BYTES

FLEET: Final = "/v1/fleet/"
PUBLISHED: Final = tuple(sorted(path.removeprefix(FLEET) for path in PATHS if not path.endswith("/register-node")))
"""What a node of ours asks for. Nodes are let in by whoever runs SuperLink, so nobody registers from outside."""

_OBJECT: Final = "push-object"
_MIB: Final = 1024 * 1024
_OBJECT_MIB: Final = MAX_MESSAGE_BYTES // _MIB + 2  # a part of a message, and what wraps it

_HEAD: Final = """\
# Publishes a fleet's endpoints and the content service, and nothing else. Belongs into nginx's `http` block.

limit_conn_zone $binary_remote_addr zone=andel_client_connections:10m;
limit_conn_zone $server_port zone=andel_all_connections:1m;
limit_conn_zone $server_port zone=andel_bodies:1m;
limit_req_zone $binary_remote_addr zone=andel_fleet:10m rate=50r/s;
limit_req_zone $binary_remote_addr zone=andel_reads:10m rate=50r/s;
map $request_method $andel_writer { PUT $binary_remote_addr; default ""; }
limit_req_zone $andel_writer zone=andel_writes:10m rate=10r/s;

upstream andel_superlink { server 127.0.0.1:@SUPERLINK; keepalive 32; }
upstream andel_content { server 127.0.0.1:@CONTENT; keepalive 32; }
"""

_COMMON: Final = """\
    server_name @NAMES;
    server_tokens off;
    client_header_timeout 10s;
    client_body_timeout 15s;
    send_timeout 15s;
    client_max_body_size 64k;
    large_client_header_buffers 4 8k;
    limit_conn andel_client_connections 64;
    limit_conn andel_all_connections 4096;
    # "try again later", to nodes and readers alike: 429 would tell a node that its message is lost
    limit_conn_status 503;
    limit_req_status 503;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host localhost;
    proxy_next_upstream off;
    proxy_connect_timeout 5s;
    proxy_read_timeout 60s;
    location / { return 404; }
"""

_TLS: Final = """\
    listen @PUBLIC ssl;
    ssl_certificate andel/public.pem;
    ssl_certificate_key andel/public.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:andel_tls:10m;
    ssl_session_tickets off;
"""

_SUPERLINK: Final = """\
    proxy_ssl_trusted_certificate andel/superlink-authority.pem;
    proxy_ssl_verify on;
    proxy_ssl_name localhost;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
"""

_FLEET: Final = """\
    location ~ ^/v1/fleet/(@ENDPOINTS)$ {
        limit_except POST { deny all; }
        limit_req zone=andel_fleet burst=400 nodelay;
        client_max_body_size @MAX;@MORE
        proxy_pass https://andel_superlink/v1/fleet/$1;
    }
"""

_CONTENT: Final = """\
    location = /health {
        limit_except GET { deny all; }
        limit_req zone=andel_reads burst=100 nodelay;
        proxy_pass http://andel_content/health;
    }
    location = /content {
        limit_except GET { deny all; }
        limit_req zone=andel_reads burst=100 nodelay;
        proxy_pass http://andel_content/content;
    }
    location ~ ^/content/(b[a-z2-7]+)$ {
        limit_except GET PUT { deny all; }
        limit_req zone=andel_reads burst=400 nodelay;
        limit_req zone=andel_writes burst=200 nodelay;
        client_max_body_size @CONTENT_MAX;
        proxy_request_buffering off;  # who may not write is refused before the body comes
        proxy_pass http://andel_content/content/$1;
    }
"""


def nginx_conf(site: Site, object_bytes: int) -> str:
    """The file; `object_bytes` is the largest object that the content service takes."""
    small = "|".join(name for name in PUBLISHED if name != _OBJECT)
    fleet = _put(_FLEET, ENDPOINTS=small, MAX="2m", MORE="")
    waiting = "\n        limit_conn andel_client_connections 64;"
    waiting += "\n        limit_conn andel_bodies 64;  # bodies that wait on disk until they are whole"
    fleet += _put(_FLEET, ENDPOINTS=_OBJECT, MAX=f"{_OBJECT_MIB}m", MORE=waiting)
    content = _put(_CONTENT, CONTENT_MAX=f"{-(-object_bytes // _MIB)}m")
    common = _put(_COMMON, NAMES=" ".join(site.names))
    head = _put(_HEAD, SUPERLINK=str(site.superlink_port), CONTENT=str(site.content_port))
    text = (
        head + "\nserver {\n" + _put(_TLS, PUBLIC=str(site.public_port)) + common + _SUPERLINK + fleet + content + "}\n"
    )
    if site.plain_port:
        text += "\n# Content without TLS: every object is verified against its name, and every PUT is signed.\n"
        text += f"server {{\n    listen {site.plain_port};\n{common}{content}}}\n"
    return text


def _put(text: str, **values: str) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}", value)
    return text

"""OHIF over Debian's Orthanc behind nginx, as a hospital would put it up: packed scripts, kept lines."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.ohif import CONFIGURED, DIST
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

PACKED_FROM_BYTES = 20_000
START_SECONDS = 20
ORTHANCS = CONFIGURED.replace("bulkDataURI: { enabled: true }, ", "").replace(
    "qidoSupportsIncludeField: true, supportsFuzzyMatching: true",
    "qidoSupportsIncludeField: false, supportsFuzzyMatching: false",
)
"""What Orthanc's plugin does not do is switched off."""
ISOLATED = "\n".join(
    f"add_header Cross-Origin-{name} always;"
    for name in ("Opener-Policy same-origin", "Embedder-Policy require-corp", "Resource-Policy same-origin")
)
NGINX = """
user root; daemon on; pid {home}/nginx.pid; worker_processes 1; error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
 include /etc/nginx/mime.types; types {{ application/wasm wasm; text/javascript mjs; }}
 access_log off; sendfile on; keepalive_requests 100000;
 client_body_temp_path {home}/1; proxy_temp_path {home}/2; fastcgi_temp_path {home}/3;
 uwsgi_temp_path {home}/4; scgi_temp_path {home}/5;
 gzip_static on; gzip on;
 gzip_types text/css application/javascript text/javascript application/json application/wasm
  application/dicom+json;
 upstream orthanc {{ server 127.0.0.1:{orthanc}; keepalive 32; }}
 server {{
  listen 127.0.0.1:{port}; root {dist};
  {isolated}
  location /dicom-web/ {{
   proxy_pass http://orthanc/dicom-web/; proxy_http_version 1.1; proxy_set_header Connection "";
   proxy_set_header Host $http_host; proxy_buffers 64 64k; proxy_buffer_size 64k;
  }}
  location = /app-config.js {{ alias {home}/app-config.js; {isolated} }}
  location ~* \\.bundle\\..*\\.js$ {{ expires 1y; {isolated} try_files $uri =404; }}
  location / {{ try_files $uri $uri/ /index.html; }}
 }}
}}
"""


def why_no_ohif_site() -> str | None:
    """Why OHIF cannot be put up here, or None."""
    if not (DIST / "index.html").is_file():
        return "OHIF is not here: make ohif fetches it"
    return None if shutil.which("nginx") else "no nginx (Debian: apt-get install nginx-light)"


def _pack() -> None:
    for script in DIST.rglob("*.js"):
        packed = script.with_name(f"{script.name}.gz")
        if script.stat().st_size > PACKED_FROM_BYTES and not packed.exists():
            packed.write_bytes(gzip.compress(script.read_bytes(), 9))


@contextmanager
def ohif_site(orthanc_port: int, home: Path) -> Iterator[int]:
    """The site's port, until the block ends."""
    _pack()
    port = free_port()
    (home / "app-config.js").write_text(ORTHANCS)
    configuration = home / "nginx.conf"
    configuration.write_text(
        NGINX.format(home=home, orthanc=orthanc_port, port=port, dist=DIST, isolated=ISOLATED)
    )
    subprocess.run(["nginx", "-c", configuration], check=True, capture_output=True)
    try:
        wait_until(lambda: port_answers(port), START_SECONDS)
        yield port
    finally:
        subprocess.run(["nginx", "-c", configuration, "-s", "stop"], check=True, capture_output=True)

"""A real nginx on loopback, with what our documentation tells people to write into its configuration."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.support.mx_host import Authority
from tests.support.processes import free_port, listens, until

DOCS = Path(__file__).parents[2] / "docs"
# One process, which drops no rights, and nothing outside of its folder.
_CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name example.com;
        ssl_certificate {folder}/pair.pem;
        ssl_certificate_key {folder}/pair.pem;
        {locations}
    }}
    {servers}
}}
"""


def documented(name: str) -> str:
    """What the page `name` of our documentation wants nginx to have: the one example that passes requests on."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL)
    [found] = [block for block in blocks if "proxy_pass" in block]
    return str(found)


class Front:
    """A web server that stands before the dashboard, with a certificate for example.com."""

    def __init__(self, port: int, ca_file: Path) -> None:
        self.port = port
        self._context = ssl.create_default_context(cafile=ca_file)

    def connect(self, host: str = "example.com", client: str = "127.0.0.1") -> HTTPConnection:
        """A connection over TLS from the loopback address `client`."""
        connection = HTTPConnection(host, timeout=30)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(client, 0))
        connection.sock = self._context.wrap_socket(plain, server_hostname=host)
        return connection


@contextmanager
def nginx(folder: Path, target: int, locations: str, servers: str = "") -> Iterator[Front]:
    """nginx before the dashboard, which is at port `target` instead of 8080; it is mta-sts.example.com too."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert program is not None, "nginx is missing: apt install nginx"
    authority, port = Authority(), free_port()
    certificate = authority.certificate("example.com", "mta-sts.example.com")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "pair.pem")
    text = _CONFIGURATION.format(folder=folder, port=port, locations=locations, servers=servers)
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{target}").replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port} ssl"
    )
    text = re.sub(r"(ssl_certificate(?:_key)?)\s+/etc/\S+;", rf"\1 {folder}/pair.pem;", text)
    (folder / "nginx.conf").write_text(text)
    command = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(lambda: listens(port), 10, "nginx", alive=process)
            yield Front(port, authority.ca_file)
        finally:
            process.terminate()
            process.wait(10)
            authority.close()

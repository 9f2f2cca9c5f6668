"""A real Caddy on loopback, with what our documentation tells people to write into its configuration."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.mx_host import Authority
from tests.support.nginx import DOCS, Front
from tests.support.processes import free_port, listens, until

# Nothing outside of its folder: it would make an authority of its own and have the machine trust it.
_OPTIONS = """{{
    admin off
    auto_https disable_redirects
    default_bind 127.0.0.1
    http_port {http}
    https_port {https}
    skip_install_trust
    storage file_system {folder}
}}
"""


def installed() -> str | None:
    """The program, if there is one."""
    return shutil.which("caddy")


def documented(name: str) -> str:
    """What the page `name` of our documentation wants Caddy to have: the one example with a site of its own."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL)
    [found] = [block for block in blocks if "reverse_proxy" in block]
    return str(found)


@contextmanager
def caddy(program: str, folder: Path, target: int, site: str) -> Iterator[Front]:
    """Caddy before the dashboard, which is at port `target` instead of 8080, with a certificate of ours."""
    authority, port = Authority(), free_port()
    pair = folder / "caddy.pem"
    authority.certificate("example.com").private_key_and_cert_chain_pem.write_to_path(pair)
    assert "127.0.0.1:8080" in site
    opening, rest = site.replace("127.0.0.1:8080", f"127.0.0.1:{target}").split("\n", 1)
    options = _OPTIONS.format(folder=folder / "caddy", http=free_port(), https=port)
    written = folder / "Caddyfile"
    written.write_text(f"{options}{opening}\n    tls {pair} {pair}\n{rest}")
    command = [program, "run", "--config", written, "--adapter", "caddyfile"]
    kept = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    environment = {"PATH": os.environ.get("PATH", ""), **kept}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True, env=environment) as process:
        try:
            until(lambda: listens(port), 20, "caddy", alive=process)
            yield Front(port, authority.ca_file)
        finally:
            process.terminate()
            process.wait(10)
            authority.close()

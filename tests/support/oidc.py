"""A small OpenID Connect provider on loopback: discovery, authorization, token, keys, userinfo. It really checks PKCE.

`spoil` makes it a bad one: it gets claims and header of the ID token just before it is signed.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT = "tlsrpt"
SECRET = "a secret of the client"


class Provider:
    """`claims` go into the ID token beside the usual ones; `userinfo` is told there only."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.claims: dict[str, Any] = {"sub": "42", "preferred_username": "grace", "groups": ["operators"]}
        self.userinfo: dict[str, Any] | None = None
        self.spoil: Callable[[dict[str, Any], dict[str, Any]], None] = lambda claims, header: None
        self.lasts = 300
        self.issuer = ""
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.keys = [_key("one")]

    def change_keys(self) -> None:
        self.keys = [_key("two")]

    def answer(self, method: str, target: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        path, query = urlsplit(target).path, _flat(urlsplit(target).query)
        self.asked.append(path)
        match path:
            case "/.well-known/openid-configuration":
                return 200, self._document()
            case "/keys":
                return 200, KeySet(list(self.keys)).as_dict(private=False)  # type: ignore[return-value]
            case "/authorize":
                code = secrets.token_urlsafe(8)
                self._codes[code] = query
                return 302, {
                    "location": f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
                }
            case "/token":
                return self._token(form, authorization)
            case "/userinfo" if authorization == "Bearer an access token":
                return 200, self.userinfo or {}
        return 404, {}

    def _document(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        more = {"userinfo_endpoint": "userinfo"} if self.userinfo is not None else {}
        more["end_session_endpoint"] = "end"
        return {"issuer": self.issuer} | {name: f"{self.issuer}/{path}" for name, path in (names | more).items()}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        verifier = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        known = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        good = (
            asked is not None
            and asked["code_challenge_method"] == "S256"
            and asked["code_challenge"] == verifier.decode().rstrip("=")
            and asked["redirect_uri"] == form.get("redirect_uri")
            and authorization == known
        )
        if asked is None or not good:
            return 400, {"error": "invalid_grant"}
        now = int(self.now())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + self.lasts, "nonce": asked["nonce"]}
        claims |= self.claims
        header = {"alg": "RS256", "kid": self.keys[0].kid}
        self.spoil(claims, header)
        id_token = jwt.encode(header, claims, self.keys[0])
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": id_token}


@contextmanager
def running(now: Callable[[], float]) -> Iterator[Provider]:
    """The provider at a free port of loopback."""
    provider = Provider(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            self._serve(_flat(self.rfile.read(int(self.headers["Content-Length"])).decode()))

        def _serve(self, form: dict[str, str]) -> None:
            status, body = provider.answer(self.command, self.path, form, self.headers.get("Authorization", ""))
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            if status == 302:
                self.send_header("Location", body["location"])
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name, "use": "sig", "alg": "RS256"})

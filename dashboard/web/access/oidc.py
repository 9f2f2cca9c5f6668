"""OpenID Connect as a client: authorization code with PKCE (RFC 7636), state and nonce; no Flask in here.

The ID token is believed after OpenID Connect Core section 3.1.3.7: signature, issuer, audience, times, nonce.
"""

import hmac
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from collector.errors import LoginProviderUnavailable
from collector.settings import Web

# No `none`, and nothing that a client secret signs.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_TIMEOUT_SECONDS = 10
_CLOCKS_DIFFER_SECONDS = 60
_DISCOVERY_IS_GOOD_FOR = timedelta(hours=1)
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Pending:
    """A login that was begun: what only the browser that began it brings back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Pending":
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Person:
    """Who logged in, in the provider's words."""

    subject: str
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The login is none; `why` is for the log and holds nothing that the browser sent."""

    why: str


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the provider says of itself, and its keys."""

    document: Mapping[str, Any]
    keys: KeySet
    until: datetime

    def end_point(self, name: str) -> str:
        """Raises LoginProviderUnavailable if it has none."""
        found = self.document.get(name)
        if not isinstance(found, str):
            raise LoginProviderUnavailable(f"the login provider names no {name}")
        return found


class Provider:
    """One provider, for all threads. Methods raise LoginProviderUnavailable if it does not answer, or nonsense."""

    def __init__(self, web: Web, redirect_uri: str) -> None:
        """`web` names issuer and client."""
        self._web = web
        self._issuer = web.oidc_issuer or ""
        self._client_id = web.oidc_client_id or ""
        self._redirect_uri = redirect_uri
        self._lock = threading.Lock()
        self._facts: _Facts | None = None

    def address(self, pending: Pending, now: datetime) -> str:
        """Where to send the browser."""
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._known(now).end_point("authorization_endpoint"),
                state=pending.state,
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return str(url)

    def logout_address(self, now: datetime) -> str | None:
        """Where one logs out at the provider; None if it has no such place."""
        found = self._known(now).document.get("end_session_endpoint")
        if not isinstance(found, str) or not found.startswith(("https://", "http://")):
            return None
        return f"{found}{'&' if '?' in found else '?'}{urlencode({'client_id': self._client_id})}"

    def person(self, pending: Pending, answer: Mapping[str, str], now: datetime) -> Person | Refused:
        """Who came back with `answer`, the query of the redirection."""
        if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
            return Refused("the state is not that of a login begun here")
        # RFC 9207: an answer that another provider gave.
        if answer.get("iss", self._issuer) != self._issuer:
            return Refused("another issuer answered")
        if "code" not in answer:
            return Refused("the provider gave no code")
        claims: dict[str, Any] | Refused
        with self._session() as session:
            token = self._exchange(session, answer["code"], pending, now)
            if isinstance(token, Refused):
                return token
            claims = self._claims(token.get("id_token"), pending, now)
            if isinstance(claims, Refused):
                return claims
            if self._web.oidc_groups_claim not in claims:
                claims = self._with_userinfo(session, claims, now)
        return self._named(claims)

    def _exchange(
        self, session: OAuth2Session, code: str, pending: Pending, now: datetime
    ) -> Mapping[str, Any] | Refused:
        end_point = self._known(now).end_point("token_endpoint")
        try:
            token: Mapping[str, Any] = session.fetch_token(end_point, code=code, code_verifier=pending.verifier)
        except OAuthError as error:
            return Refused(f"the code was refused: {str(error.error)[:60]}")
        except (RequestException, ValueError) as error:
            raise _away(error) from error
        return token

    def _claims(self, id_token: object, pending: Pending, now: datetime) -> dict[str, Any] | Refused:
        if not isinstance(id_token, str):
            return Refused("the provider gave no ID token")
        try:
            try:
                found = jwt.decode(id_token, self._known(now).keys, algorithms=_ALGORITHMS)
            except JoseError:
                # Keys are changed now and then: once more with those of this moment.
                found = jwt.decode(id_token, self._known(now, anew=True).keys, algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=_CLOCKS_DIFFER_SECONDS,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": pending.nonce},
            ).validate(found.claims)
        except (JoseError, ValueError) as error:
            return Refused(f"the ID token is not good: {str(error)[:100]}")
        claims: dict[str, Any] = found.claims
        if claims.get("azp", self._client_id) != self._client_id:
            return Refused("the ID token is for another client")
        return claims

    def _with_userinfo(self, session: OAuth2Session, claims: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Some providers tell the groups only here. It counts if it is about the same person (section 5.3.2)."""
        end_point = self._known(now).document.get("userinfo_endpoint")
        if not isinstance(end_point, str):
            return claims
        try:
            answer = session.get(end_point)
            more = answer.json() if answer.status_code == 200 else {}
        except (RequestException, OAuthError, ValueError) as error:
            raise _away(error) from error
        return {**more, **claims} if isinstance(more, dict) and more.get("sub") == claims["sub"] else claims

    def _named(self, claims: Mapping[str, Any]) -> Person | Refused:
        subject = str(claims["sub"])
        name = claims.get(self._web.oidc_name_claim)
        if not isinstance(name, str) or not name.strip():
            name = subject
        if not name.isprintable() or len(name) > 255:
            return Refused("the provider gave a name that cannot be one")
        groups = claims.get(self._web.oidc_groups_claim, ())
        listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return Person(subject, name.strip(), tuple(each for each in listed if isinstance(each, str)))

    def _session(self) -> OAuth2Session:
        secret = self._web.oidc_client_secret
        return OAuth2Session(
            self._client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=" ".join(self._web.oidc_scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT_SECONDS,
        )

    def _known(self, now: datetime, *, anew: bool = False) -> _Facts:
        with self._lock:
            if anew or self._facts is None or now >= self._facts.until:
                self._facts = self._discover(now)
            return self._facts

    def _discover(self, now: datetime) -> _Facts:
        with self._session() as session:
            document = _json(session, self._issuer.rstrip("/") + _WELL_KNOWN)
            if document.get("issuer") != self._issuer:
                raise LoginProviderUnavailable("the login provider calls itself otherwise than web.oidc_issuer")
            facts = _Facts(document, KeySet([]), now + _DISCOVERY_IS_GOOD_FOR)
            keys = _json(session, facts.end_point("jwks_uri"))
        try:
            return _Facts(document, KeySet.import_key_set(keys), facts.until)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise _away(error) from error


def _json(session: OAuth2Session, url: str) -> dict[str, Any]:
    try:
        answer = session.get(url, withhold_token=True)
        answer.raise_for_status()
        document = answer.json()
    except (RequestException, ValueError) as error:
        raise _away(error) from error
    if not isinstance(document, dict):
        raise LoginProviderUnavailable("the login provider answers with something else")
    return document


def _away(error: Exception) -> LoginProviderUnavailable:
    return LoginProviderUnavailable(f"the login provider does not answer as it should: {str(error)[:200]}")

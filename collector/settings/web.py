"""The section of the dashboard, its addresses and who may come in, in the table of settings."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from collector import roles
from collector.roles import Group
from collector.settings import urls, values
from collector.settings.row import setting
from collector.settings.values import Address


@dataclass(frozen=True, slots=True)
class Web:
    listen: Address = setting(
        values.address,
        "127.0.0.1:8080",
        "Where the dashboard and the API wait. Other than loopback needs a user, `oidc_issuer` or "
        "`proxy_auth_header`, or the program does not start.",
    )
    public_url: str | None = setting(
        values.optional(urls.url),
        "",
        "The dashboard's address as people see it: for links in mails, and the host name answered to.",
    )
    workers: int = setting(values.number(1, 64), "1", "Web server processes.")
    threads: int = setting(values.number(1, 256), "8", "Threads in each of them.")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        values.listed(values.network),
        "127.0.0.0/8,::1",
        "Networks of web servers in front. Only theirs are believed: `X-Forwarded-For` (the client is the last address "
        "in it that is none of theirs), `X-Forwarded-Proto`, `X-Forwarded-Prefix`, and `proxy_auth_header`.",
    )
    groups: tuple[Group, ...] = setting(
        values.listed(roles.group),
        "",
        "What the groups of a login provider or a proxy may do: `group=role` or `group=role:domain1+domain2`. The "
        "highest role counts, over the domains of the groups that give it. Who is in none of them is refused.",
    )
    oidc_issuer: str | None = setting(
        values.optional(urls.exact_url),
        "",
        "OpenID Connect: the issuer, as the provider writes it. With it `public_url`, `oidc_client_id` and `groups` "
        "are needed.",
    )
    oidc_client_id: str | None = setting(
        values.optional(values.text), "", "OpenID Connect: who we are to the provider."
    )
    oidc_client_secret: str | None = setting(
        values.optional(values.text),
        "",
        "OpenID Connect: our secret. Without one PKCE alone proves that a code is ours.",
        secret=True,
    )
    oidc_scopes: tuple[str, ...] = setting(
        values.listed(values.filled), "openid,profile,email", "OpenID Connect: what is asked for; `openid` is needed."
    )
    oidc_name_claim: str = setting(
        values.filled, "preferred_username", "OpenID Connect: the claim that names people; without it their `sub` does."
    )
    oidc_groups_claim: str = setting(
        values.filled, "groups", "OpenID Connect: the claim that holds the groups, in the ID token or at userinfo."
    )
    proxy_auth_header: str | None = setting(
        values.optional(values.header),
        "",
        "The header in which a web server in front says who is logged in, such as `Remote-User`. It must take that "
        "header away from its clients. Only `trusted_proxies` are believed.",
    )
    proxy_groups_header: str | None = setting(
        values.optional(values.header), "", "The header with that person's groups, commas between them; see `groups`."
    )
    proxy_role: str = setting(
        values.one_of(*roles.ROLES),
        "viewer",
        "What people named by `proxy_auth_header` may do where `proxy_groups_header` is not set.",
    )

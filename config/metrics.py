"""Who may read the figures of a process."""

import hmac

from config.settings import Settings, secret

TOKEN = "metrics_token"  # noqa: S105 - the name of the secret, not the secret


def may_read(settings: Settings, authorization: str) -> bool:
    """True for `Bearer` and the secret `metrics_token`, and for everybody where the settings say so.

    An address proves nothing: behind a proxy on the same machine the whole world comes from 127.0.0.1.
    """
    if settings.web.open_metrics:
        return True
    scheme, _, token = authorization.partition(" ")
    wanted = secret(settings, TOKEN).get_secret_value()
    return scheme.casefold() == "bearer" and hmac.compare_digest(token.strip().encode(), wanted.encode())

"""The object store that settings name."""

from config.kernel.objects import ObjectStore
from config.kernel.objects_open import open_store
from config.settings import Settings, secret


def objects_of(settings: Settings) -> ObjectStore:
    """The open store; the keys of an S3 one are secrets."""
    url = settings.objects_url
    if not url.startswith("s3:"):
        return open_store(url)
    return open_store(
        url,
        secret(settings, "s3_key_id").get_secret_value(),
        secret(settings, "s3_secret").get_secret_value(),
    )

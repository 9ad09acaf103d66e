"""Whether we could listen somewhere."""

import errno
import socket

from config.kernel.errors import Unavailable


class AddressRefused(Unavailable):
    """This machine does not let us listen there; look at host and port in the settings."""

    code = "serve.address_refused"


def port_is_free(host: str, port: int) -> bool:
    """True when we could listen there now. Raises AddressRefused when that cannot come true."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise AddressRefused(host=host, port=port, reason=error.strerror or str(error)) from error
    return True

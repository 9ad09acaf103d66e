"""The address of the DICOMweb root, as the caller reached it."""

from starlette.requests import Request

PREFIX = "/dicom-web"


def root_of(request: Request) -> str:
    """The absolute address of the DICOMweb root, without a slash at its end.

    Host and scheme are the request's own: whoever serves the application lets only its hosts through.
    """
    return f"{str(request.base_url).rstrip('/')}{PREFIX}"

"""Certificates made by openssl for one test: an authority, and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, both in PEM."""

    key: Path
    certificate: Path


def _openssl(*words: str | Path) -> str:
    done = subprocess.run(["openssl", *words], check=True, capture_output=True, text=True)
    return done.stdout


@dataclass(frozen=True)
class Authority:
    """An authority of its own in `folder`."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """Its own certificate."""
        return self.own("authority").certificate

    def own(self, name: str) -> Pair:
        """A certificate that vouches for itself."""
        pair = Pair(self.folder / f"{name}.key", self.folder / f"{name}.pem")
        if not pair.certificate.exists():
            kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            subject = ["-subj", f"/O=Lianzhen/CN={name}"]
            _openssl("req", "-x509", *kind, *subject, "-keyout", pair.key, "-out", pair.certificate)
        return pair

    def signed(self, name: str) -> Pair:
        """A certificate that the authority vouches for."""
        signer, pair = self.own("authority"), Pair(self.folder / f"{name}.key", self.folder / f"{name}.pem")
        request = self.folder / f"{name}.csr"
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _openssl("req", "-new", *kind, "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        vouch: list[str | Path] = [
            "-CA",
            signer.certificate,
            "-CAkey",
            signer.key,
            "-CAcreateserial",
            "-days",
            "2",
        ]
        _openssl("x509", "-req", "-in", request, *vouch, "-out", pair.certificate)
        return pair


def fingerprint(pair: Pair) -> str:
    """SHA-256 of a certificate as openssl says it, colons and all."""
    said = _openssl("x509", "-in", pair.certificate, "-noout", "-fingerprint", "-sha256")
    return said.strip().partition("=")[2]

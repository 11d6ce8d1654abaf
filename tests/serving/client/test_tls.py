"""https and grpcs, with a certificate that the system's settings name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serving.client.between import Plan, between

import tfgen_serving

CODE = """
import sys
sys.path.insert(0, {root!r})
import tfgen_serving
with tfgen_serving.Client({url!r}, "plain", retries=0) as client:
    print(client.score([[0.5, -1.0]]).shape)
"""


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *words.split(), *names], check=True, capture_output=True)
    return key, certificate


@pytest.mark.parametrize("scheme", ["https", "grpcs"])
@pytest.mark.parametrize("trusted", [True, False])
def test_certificates_are_checked(addresses: Any, tls: tuple[Path, Path], scheme: str, trusted: bool) -> None:
    with between(addresses, Plan(), tls=tls) as at:
        port = at.port if scheme == "https" else at.grpc_port
        code = CODE.format(root=str(Path(tfgen_serving.__file__).parents[1]), url=f"{scheme}://localhost:{port}")
        names = ("SSL_CERT_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
        environment = os.environ | (dict.fromkeys(names, str(tls[1])) if trusted else {})
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    if trusted:
        assert done.stdout.strip() == "(1,)", done.stderr
    else:
        assert "Unavailable" in done.stderr

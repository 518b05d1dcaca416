"""Signing with a key of the user's: Ed25519, ECDSA or RSA, from an unencrypted PEM file. The key goes nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from syncbot.errors import InputError

_REMEDY = "give an unencrypted PKCS#8 PEM file, or leave --key out and sign with cosign"


def signer(file: Path) -> tuple[Callable[[bytes], bytes], str]:
    """(what signs, the key's id: sha256 hex of its public half as DER). Ed25519 and ECDSA give the same signature for
    the same bytes, RSA does too (PKCS#1 v1.5). Raises InputError."""
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise InputError(f"the key {file} cannot be read ({error.strerror})", _REMEDY) from error
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their text may quote the file
        raise InputError(f"{file} holds no private key that can be used", _REMEDY) from None
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    keyid = hashlib.sha256(public).hexdigest()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign, keyid
    if isinstance(key, ec.EllipticCurvePrivateKey):
        curve = key
        digest = hashes.SHA384() if curve.key_size > 256 else hashes.SHA256()
        return lambda body: curve.sign(body, ec.ECDSA(digest, deterministic_signing=True)), keyid
    if isinstance(key, rsa.RSAPrivateKey):
        long = key
        return lambda body: long.sign(body, padding.PKCS1v15(), hashes.SHA256()), keyid
    raise InputError(f"{file} holds a key of a kind that does not sign", "use an Ed25519, ECDSA or RSA key")

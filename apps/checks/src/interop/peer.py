"""Python's cryptography, asked by lines of JSON: one operation a line, bytes in hex."""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

try:
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.asymmetric import mlkem
except ImportError:
    hpke = None

HASHES = {"SHA-256": hashes.SHA256, "SHA-384": hashes.SHA384, "SHA-512": hashes.SHA512}
CURVES = {"p-256": ec.SECP256R1, "p-384": ec.SECP384R1, "p-521": ec.SECP521R1}
JWK_CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
SIGNATURE_HASHES = {
    "p-256": "SHA-256",
    "p-384": "SHA-384",
    "p-521": "SHA-512",
    "rsa-2048": "SHA-256",
    "rsa-3072": "SHA-256",
    "rsa-4096": "SHA-512",
}
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def number(text):
    return int.from_bytes(url_bytes(text), "big")


def url_bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def of_jwk(jwk):
    if jwk["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
    if jwk["kty"] == "EC":
        curve = JWK_CURVES[jwk["crv"]]()
        return ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), curve).public_key()
    kind = {"Ed25519": ed25519.Ed25519PublicKey, "X25519": x25519.X25519PublicKey}[jwk["crv"]]
    return kind.from_public_bytes(url_bytes(jwk["x"]))


def read(form, text):
    if form == "pem":
        return spki(serialization.load_pem_public_key(text.encode()))
    if form == "ssh":
        return spki(serialization.load_ssh_public_key(text.encode()))
    return spki(of_jwk(text))


def private(pem):
    text = pem.encode()
    if "OPENSSH" in pem:
        return serialization.load_ssh_private_key(text, password=None)
    return serialization.load_pem_private_key(text, password=None)


def generate(spec):
    if spec == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    elif spec == "x25519":
        key = x25519.X25519PrivateKey.generate()
    elif spec in CURVES:
        key = ec.generate_private_key(CURVES[spec]())
    else:
        key = rsa.generate_private_key(65537, int(spec[len("rsa-") :]))
    public = key.public_key()
    forms = {
        "private": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "pem": public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
    }
    if spec != "x25519":
        forms["ssh"] = public.public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        ).decode()
    return forms


def pss(spec):
    digest = HASHES[SIGNATURE_HASHES[spec]]()
    return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size), digest


def raw(spec, signature):
    """r and s, each as long as the field."""
    length = (CURVES[spec]().key_size + 7) // 8
    return b"".join(part.to_bytes(length, "big") for part in decode_dss_signature(signature))


def der(signature):
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def sign(spec, form, key, data):
    if spec == "ed25519":
        return key.sign(data)
    if spec in CURVES:
        signature = key.sign(data, ec.ECDSA(HASHES[SIGNATURE_HASHES[spec]]()))
        return signature if form == "der" else raw(spec, signature)
    return key.sign(data, *pss(spec))


def verify(spec, form, key, signature, data):
    if spec in CURVES and form == "raw":
        signature = der(signature)
    try:
        if spec == "ed25519":
            key.verify(signature, data)
        elif spec in CURVES:
            key.verify(signature, data, ec.ECDSA(HASHES[SIGNATURE_HASHES[spec]]()))
        else:
            key.verify(signature, data, *pss(spec))
        return True
    except InvalidSignature:
        return False


def exchange(key, other):
    if isinstance(key, x25519.X25519PrivateKey):
        return key.exchange(other)
    return key.exchange(ec.ECDH(), other)


def agree(key, other, info, length):
    """contents v1, Agreed keys."""
    first, second = sorted([spki(key.public_key()), spki(other)])
    label = b"kms1/agree\0" + length.to_bytes(4, "big") + first + second + info
    return HKDF(hashes.SHA512(), length, None, label).derive(exchange(key, other))


def mac(name, key, data):
    h = hmac.HMAC(key, HASHES[name]())
    h.update(data)
    return h.finalize()


def hpke_halves(kem, private):
    """Both halves from the private one as RFC 9180 serialises it; of X-Wing from its seed."""
    if kem == "X25519":
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        return hpke.KEM.X25519, key, key.public_key()
    if kem == "P-256":
        key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
        return hpke.KEM.P256, key, key.public_key()
    # draft-connolly-cfrg-xwing-kem, expandDecapsulationKey.
    expanded = hashlib.shake_256(private).digest(96)
    post = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    key = hpke.MLKEM768X25519PrivateKey(post, x25519.X25519PrivateKey.from_private_bytes(expanded[64:]))
    return hpke.KEM.MLKEM768_X25519, key, key.public_key()


def hpke_suite(what, kem, private, info, data):
    """Single-shot base mode: what is sealed is the encapsulated key, then the ciphertext."""
    name, key, public = hpke_halves(kem, private)
    suite = hpke.Suite(name, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    return suite.encrypt(data, public, info) if what == "hpke-seal" else suite.decrypt(data, key, info)


def answer(asked):
    what = asked["what"]
    data = bytes.fromhex(asked.get("data", ""))
    if what == "read":
        return read(asked["form"], asked["key"])
    if what == "generate":
        return generate(asked["spec"])
    if what == "sign":
        return sign(asked["spec"], asked["form"], private(asked["private"]), data)
    if what == "verify":
        key = serialization.load_pem_public_key(asked["public"].encode())
        return verify(asked["spec"], asked["form"], key, bytes.fromhex(asked["signature"]), data)
    if what == "encrypt":
        return serialization.load_pem_public_key(asked["public"].encode()).encrypt(data, OAEP)
    if what == "decrypt":
        return private(asked["private"]).decrypt(data, OAEP)
    if what == "exchange" or what == "agree":
        key = private(asked["private"])
        other = serialization.load_pem_public_key(asked["public"].encode())
        return exchange(key, other) if what == "exchange" else agree(key, other, data, asked["length"])
    if what == "hmac":
        return mac(asked["hash"], bytes.fromhex(asked["secret"]), data)
    if what == "hkdf":
        salt = bytes.fromhex(asked["salt"])
        return HKDF(HASHES[asked["hash"]](), asked["length"], salt, data).derive(bytes.fromhex(asked["secret"]))
    if what == "encrypted":
        # PBES2 with AES-256-CBC.
        protection = serialization.BestAvailableEncryption(asked["password"].encode())
        key = private(asked["private"])
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode()
    if what == "public-of-encrypted":
        key = serialization.load_pem_private_key(asked["private"].encode(), asked["password"].encode())
        return spki(key.public_key())
    if what == "has-hpke":
        return hpke is not None
    if what == "hpke-seal" or what == "hpke-open":
        return hpke_suite(what, asked["kem"], bytes.fromhex(asked["private"]), bytes.fromhex(asked["info"]), data)
    raise ValueError(what)


for line in sys.stdin:
    try:
        result = answer(json.loads(line))
        print(json.dumps({"result": result.hex() if isinstance(result, bytes) else result}), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)

"""What the listener and a reader process say to each other, in frames.

The listener begins with a `Task`. Then comes one `Job` after the other, each answered with `Done` and one more frame,
the delivery as the writer takes it; or with `Failed`. In between the reader asks for keys: the listener looks them up.
"""

import pickle
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from collector.auth.key_record import Key, NoKey
from collector.delivery import Envelope
from collector.settings import Auth, Limits


@dataclass(frozen=True, slots=True)
class Task:
    """How mails are to be read."""

    limits: Limits
    auth: Auth
    log_level: str

    def encode(self) -> bytes:
        return pickle.dumps(self)

    @staticmethod
    def decode(content: bytes) -> "Task":
        task = pickle.loads(content)  # noqa: S301  it comes from our own listener
        assert isinstance(task, Task)
        return task


class Job(msgspec.Struct, frozen=True, tag=True):
    """A mail to be read, as it came in at `now` (aware, UTC)."""

    raw: bytes
    envelope: Envelope
    now: datetime


class Given(msgspec.Struct, frozen=True, tag=True):
    """A key that was asked for, in the form of X.509 (SubjectPublicKeyInfo, DER); or the fault for which there is none,
    or why DNS could not deliver it just now; or nothing at all, for it has yet to be looked up."""

    public: bytes | None = None
    kind: str = ""
    for_reports: bool = False
    same_domain: bool = False
    fault: str | None = None
    unavailable: str | None = None

    @classmethod
    def of(cls, key: Key | NoKey) -> "Given":
        if isinstance(key, NoKey):
            return cls(fault=key.fault)
        der = key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(der, key.type, key.for_reports, key.same_domain)

    def key(self) -> Key | NoKey | None:
        """None if it has yet to be looked up."""
        if self.public is None:
            return None if self.fault is None else NoKey(self.fault)
        public = load_der_public_key(self.public)
        assert isinstance(public, RSAPublicKey | Ed25519PublicKey)
        return Key(public, self.kind, self.for_reports, self.same_domain)


class Wanted(msgspec.Struct, frozen=True, tag=True):
    """The reader asks for the key of this name."""

    name: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """The mail is read; `reporter` is its delivery's. The delivery itself follows."""

    reporter: str | None


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A key was not to be had, `unavailable` says why; where that is None, it has yet to be looked up."""

    unavailable: str | None


Said = Wanted | Done | Failed
_encoder = msgspec.msgpack.Encoder()
_said_decoder: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)
_job_decoder = msgspec.msgpack.Decoder(Job)
_given_decoder = msgspec.msgpack.Decoder(Given)


def encode(what: Job | Given | Said) -> bytes:
    return _encoder.encode(what)


def read_job(content: bytes) -> Job:
    return _job_decoder.decode(content)


def read_given(content: bytes) -> Given:
    return _given_decoder.decode(content)


def read_said(content: bytes) -> Said:
    return _said_decoder.decode(content)

"""Why a delivery failed, for whoever asked for it: what they may know, and can do something about.

No text of a library, no address and no name but theirs is in it: the log has these, for operators.
"""

import ssl
from enum import StrEnum

import httpx


class Reason(StrEnum):
    """Everything that is said besides what was answered, and that nothing was."""

    # One sentence for all of it: who hears which names there are, and where, could map our network.
    NO_ADDRESS = "the host does not resolve, or not to public addresses only"
    NO_CONNECTION = "no connection could be made"
    CERTIFICATE = "the TLS certificate is not trusted, not valid for the host, or out of date"
    NO_TLS = "no TLS connection could be agreed on"
    NO_HTTP = "the connection ended without an answer in HTTP"
    UNUSABLE_URL = "the URL cannot be used"
    INTERRUPTED = "interrupted by us before there was an answer"
    WITHOUT_A_WORD = "every attempt ended without a word"
    FORGOTTEN = "what is to be told is not there any more"


def reason_of(error: httpx.HTTPError | httpx.InvalidURL) -> Reason:
    """Why there was no answer."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Reason.CERTIFICATE
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Reason.NO_TLS
    if isinstance(error, httpx.ConnectError):
        return Reason.NO_CONNECTION
    if isinstance(error, httpx.InvalidURL):
        return Reason.UNUSABLE_URL
    return Reason.NO_HTTP

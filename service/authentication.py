"""Who asks, and whether they may."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from schemas.api_keys import Scope
from schemas.errors import Forbidden, RateLimited, Unauthenticated
from service.resources import Resources, ResourcesDep
from storage.keys import DEFAULT_TENANT

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    description="A key of `foldline keys create`; needed unless the service says otherwise.",
)


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        tenant: whose jobs and models they are.
        scope: what they may do.
    """

    tenant: str
    scope: Scope


# Where no keys are needed, everybody is the same tenant, and may do everything.
ANYBODY = Caller(DEFAULT_TENANT, Scope.ADMIN)


async def caller(
    resources: ResourcesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Caller:
    """Who asks.

    Raises:
        Unauthenticated: a key is needed, or the one that came is none.
        RateLimited: the key has been used too often just now.
        Unavailable: the broker, which knows the keys, does not answer.
    """
    if credentials is None:
        if resources.settings.require_keys is False:
            return ANYBODY
        raise Unauthenticated("a key is needed: send Authorization: Bearer and the key")
    return await run_in_threadpool(_of_token, credentials.credentials, resources)


CallerDep = Annotated[Caller, Depends(caller)]


def requires(scope: Scope) -> Any:  # noqa: ANN401  # what Depends returns
    """A dependency that lets only those pass whose key is good for this."""

    async def check(who: CallerDep) -> None:
        if not who.scope.includes(scope):
            raise Forbidden(f"this takes a key of scope {scope}; this one's is {who.scope}")

    return Depends(check)


def _of_token(token: str, resources: Resources) -> Caller:
    key = resources.api_keys.find(token)
    if key is None:
        raise Unauthenticated("there is no such key, or it has been revoked")
    settings = resources.settings
    rate = key.rate or settings.rate
    if wait_s := resources.api_keys.wait_s(key.id, rate=rate, burst=settings.burst):
        raise RateLimited(rate, wait_s)
    return Caller(key.tenant, key.scope)

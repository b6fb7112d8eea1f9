"""Why a call was answered as it was, in the words that every verification uses. Pure."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a call was answered as it was."""

    ALLOWED = "allowed"
    MESH = "refused by the mesh's policy"
    ROUTE = "no route of the mesh"
    NETWORK = "dropped by a NetworkPolicy"
    APPLICATION = "answered by the application with an error"
    UNDECLARED = "closed by the mesh"
    BROKEN = "unreachable for another reason"

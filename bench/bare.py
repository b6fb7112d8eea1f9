"""The yardstick: `/ping` by FastAPI and uvicorn alone, served as the service is served. Usage: bare.py PORT."""

import sys

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.get("/ping", response_class=PlainTextResponse)
async def ping() -> str:
    """Pong."""
    return "pong"


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), http="h11", ws="none", loop="asyncio", log_level="error", access_log=False)

"""Runs inside a network namespace (cluster.py, Room): listens where the servers are outside, and hands every connection on
to a socket in the file system.

    unshare --net python room.py FOLDER PORT…
"""

import asyncio
import subprocess
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(folder: str, ports: list[str]) -> None:
    async def carry(port: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            outside = await asyncio.open_unix_connection(f"{folder}/{port}")
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, outside[1]), copy(outside[0], writer))

    for port in ports:
        await asyncio.start_server(lambda r, w, port=port: carry(port, r, w), "127.0.0.1", int(port))
    print("ready", flush=True)
    await asyncio.Event().wait()


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
asyncio.run(main(sys.argv[1], sys.argv[2:]))

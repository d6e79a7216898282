"""uvloop-server.py PORT DIRECTORY - HTTP on uvloop at PORT, TLS at PORT + 1: greetings, large answers, sums of what is
sent, the output of a child process."""
import asyncio
import hashlib
import ssl
import sys

import uvloop

port, directory = int(sys.argv[1]), sys.argv[2]


async def child(data):
    process = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=asyncio.subprocess.PIPE,
                                                   stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate(data)
    return out + b"status %d\n" % process.returncode


async def body_of(reader, headers):
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    return await reader.readexactly(int(headers.get("content-length", 0)))


async def on_client(reader, writer):
    try:
        while line := await reader.readline():
            path = line.split()[1].decode().split("/")
            headers = {}
            while (line := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip().lower()
            if headers.get("expect") == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await body_of(reader, headers)
            answer = b"Hello, world!\n"
            if path[1] == "large":
                answer = (b"ringback " * (int(path[2]) // 9 + 1))[:int(path[2])]
            elif path[1] == "echo":
                answer = body
            elif path[1] == "sum":
                answer = hashlib.sha256(body).hexdigest().encode() + b"\n"
            elif path[1] == "child":
                answer = await child(body)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
            writer.write(answer)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory + "/certificate.pem", directory + "/key.pem")
    plain = await asyncio.start_server(on_client, "127.0.0.1", port)
    tls = await asyncio.start_server(on_client, "127.0.0.1", port + 1, ssl=context)
    await asyncio.gather(plain.serve_forever(), tls.serve_forever())


uvloop.install()
asyncio.run(main())

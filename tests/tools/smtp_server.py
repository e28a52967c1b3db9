#!/usr/bin/python3
"""A real SMTP server for tests, on aiosmtpd (Debian: python3-aiosmtpd).

    /usr/bin/python3 smtp_server.py --folder DIR [--port 0] [--mode MODE]
        [--tls CERT KEY] [--implicit-tls] [--auth USER:PASSWORD]

Listens on 127.0.0.1 and prints "listening PORT". Ends when stdin ends.

With --tls STARTTLS is offered, with --implicit-tls besides TLS is spoken from the first byte.
With --auth nothing is taken before AUTH (PLAIN or LOGIN), and with --tls no AUTH before TLS.

A message taken is in DIR as NNNN.eml, the bytes as they came (CRLF, dots unstuffed), and as
NNNN.json: from, rcpts, helo, tls, auth (the user or null), mode, time, size, message_id. Both appear
by renaming, the .json first, so whoever sees the .eml finds the .json too.

DIR/attempts.log has one line for each attempt, fields parted by tabs: time, mode, the furthest
stage, the outcome. An attempt is a mail transaction, or a connection that never came to one; its
line is written when it is answered for good, broken off by RSET or a new greeting, or cut. Stages:
connect, greeting, helo, tls, auth, mail, rcpt, data, end-of-data. Outcomes: an SMTP code, or
"dropped" (the server cut it), "lost" (the client went), "quit", "reset", "refused", "stopped".

One command a line on stdin; "ok" or "error: …" answers. A mode takes hold at once, on open connections too:

    accept              takes everything
    refuse-recipient    550 to RCPT
    refuse-message      554 after the message
    busy                451 to RCPT
    full                452 after the message
    slow N              answers the message only after N seconds, or when the mode changes, and then
                        as the new mode would. It is stored only then: a client that gave up was not served
    silent              takes the connection and says nothing, on open connections too
    drop-after-data     stores the message and cuts the connection before the 250
    drop-on-connect     cuts a new connection before the greeting
    greeting-554        greets a new connection with 554 and cuts it
    refuse-ehlo         502 to EHLO
    refuse-sender       550 to MAIL
    refuse-relay        554 5.7.1 to RCPT
    hang-ehlo, hang-mail, hang-rcpt, hang-data, hang-end
                        does not answer at that step until the mode changes
    endless             greets with a line that has no end
    trickle             greets with a byte a second

    status              answers one line of JSON instead: mode, messages (stored), attempts (lines
                        in the log), open (the stage of each open connection)
"""

import argparse
import asyncio
import datetime
import email
import email.policy
import hmac
import json
import logging
import os
import ssl
import sys
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

MODES = {
    "accept", "refuse-recipient", "refuse-message", "busy", "full", "slow", "silent",
    "drop-after-data", "drop-on-connect", "greeting-554", "refuse-ehlo", "refuse-sender", "refuse-relay",
    "hang-ehlo", "hang-mail", "hang-rcpt", "hang-data", "hang-end", "endless", "trickle",
}
AT_RECIPIENT = {
    "refuse-recipient": "550 5.1.1 No such mailbox here",
    "refuse-relay": "554 5.7.1 Relay access denied",
    "busy": "451 4.3.2 Busy, try again later",
}
AT_MESSAGE = {
    "refuse-message": "554 5.7.1 Message refused",
    "full": "452 4.3.1 Out of storage",
}
STAGES = ["connect", "greeting", "helo", "tls", "auth", "mail", "rcpt", "data", "end-of-data"]


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Mode:
    """What the server does just now, and a way to wait until that changes."""

    def __init__(self, text):
        self.changed = asyncio.Event()
        self.set(text)

    def set(self, text):
        name, _, rest = text.strip().partition(" ")
        if name not in MODES:
            raise ValueError(f"no such mode: {text.strip()!r}")
        if name != "slow" and rest.strip():
            raise ValueError(f"{name} takes no argument")
        self.seconds = float(rest) if name == "slow" else 0.0
        self.name = name
        self.text = f"{name} {rest.strip()}" if name == "slow" else name
        waiting, self.changed = self.changed, asyncio.Event()
        waiting.set()

    async def change(self, within=None):
        """Waits for a change; false when none came in time."""
        try:
            await asyncio.wait_for(self.changed.wait(), within)
            return True
        except asyncio.TimeoutError:
            return False


class Store:
    """The folder: messages and the log of attempts."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        taken = [int(name[:-4]) for name in os.listdir(folder) if name.endswith(".eml") and name[:-4].isdigit()]
        self.last = max(taken, default=0)
        self.messages = 0
        self.attempts = 0

    def _write(self, name, content):
        temporary = os.path.join(self.folder, f".{name}.tmp")
        with open(temporary, "wb") as file:
            file.write(content)
        os.rename(temporary, os.path.join(self.folder, name))

    def keep(self, content, envelope):
        self.last += 1
        self.messages += 1
        text = json.dumps(envelope, ensure_ascii=False, indent=2) + "\n"
        self._write(f"{self.last:04}.json", text.encode("utf-8", "surrogateescape"))
        self._write(f"{self.last:04}.eml", content)

    def log(self, mode, stage, outcome):
        self.attempts += 1
        with open(os.path.join(self.folder, "attempts.log"), "a", encoding="utf-8") as file:
            file.write(f"{now()}\t{mode}\t{stage}\t{outcome}\n")


class Connection(SMTP):
    def __init__(self, mode, store, open_connections, options, **more):
        super().__init__(Answers(), enable_SMTPUTF8=True, hostname="mail.test", ident="ESMTP", timeout=86400, **more)
        self.mode = mode
        self.store = store
        self.open_connections = open_connections
        self.implicit_tls = options.implicit_tls
        self.takes_auth = bool(options.auth)
        self.stage = "connect"
        self.owed = True  # an attempt that has no line in the log yet

    def reached(self, stage):
        if STAGES.index(stage) > STAGES.index(self.stage):
            self.stage = stage

    def settle(self, outcome, then):
        """Writes the attempt's line, once; the connection then stands at an earlier stage."""
        if self.owed:
            self.store.log(self.mode.text, self.stage, outcome)
        self.owed = False
        self.stage = then

    def settle_transaction(self, outcome):
        if STAGES.index(self.stage) >= STAGES.index("mail"):
            self.settle(outcome, "auth" if self.session.authenticated else "helo")

    def cut(self):
        self.settle("dropped", self.stage)
        self.transport.abort()

    def connection_made(self, transport):
        if self._original_transport is None:
            self.open_connections.add(self)
        super().connection_made(transport)

    def eof_received(self):
        answer = super().eof_received()
        return False if self.implicit_tls else answer

    def connection_lost(self, error):
        self.settle("lost", self.stage)
        self.open_connections.discard(self)
        super().connection_lost(error)

    async def _handle_client(self):
        try:
            while self.mode.name == "silent":
                await self.mode.change()
        except asyncio.CancelledError:
            self.transport.close()  # the client went; aiosmtpd closes for this only once it has greeted
            raise
        while self.mode.name in ("endless", "trickle"):
            many = 65536 if self.mode.name == "endless" else 1
            self._writer.write(b"2" * many)
            await self._writer.drain()
            if many == 1:
                await self.mode.change(within=1)
        if self.mode.name == "drop-on-connect":
            return self.cut()
        if self.mode.name == "greeting-554":
            await self.push("554 5.3.2 No service here")
            self.settle("554", "greeting")
            return self.transport.close()
        await super()._handle_client()

    async def push(self, status):
        while self.mode.name == "silent":
            await self.mode.change()
        if self.stage == "connect":
            self.reached("greeting")
        await super().push(status)

    async def hang(self, step):
        while self.mode.name == f"hang-{step}":
            await self.mode.change()

    async def smtp_EHLO(self, hostname):
        await self.hang("ehlo")
        if self.mode.name == "refuse-ehlo":
            await self.push("502 5.5.1 Not here")
            return self.settle("502", "greeting")
        await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg):
        await super().smtp_STARTTLS(arg)
        if self._tls_protocol:
            self.reached("tls")

    async def smtp_MAIL(self, arg):
        await self.hang("mail")
        if self.mode.name == "refuse-sender":
            self.owed = True
            await self.push("550 5.7.1 You may not send")
            return self.settle("550", "mail")
        await super().smtp_MAIL(arg)
        if self.envelope.mail_from is not None:
            self.owed = True
            self.reached("mail")

    async def smtp_DATA(self, arg):
        await self.hang("data")
        begun = bool(self.envelope.rcpt_tos) and not arg
        if begun:
            self.owed = True
            self.reached("data")
        await super().smtp_DATA(arg)
        if begun:
            self.settle_transaction("refused")  # too long a line or message; all else is settled by now

    async def smtp_RSET(self, arg):
        await super().smtp_RSET(arg)
        self.settle_transaction("reset")

    async def smtp_QUIT(self, arg):
        self.settle("quit", self.stage)
        await super().smtp_QUIT(arg)


class Answers:
    """aiosmtpd's hooks."""

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        server.settle_transaction("reset")
        session.host_name = hostname
        server.reached("helo")
        if not server.takes_auth:
            responses = [line for line in responses if not line.startswith("250-AUTH")]
        return responses

    async def handle_HELO(self, server, session, envelope, hostname):
        server.settle_transaction("reset")
        session.host_name = hostname
        server.reached("helo")
        return f"250 {server.hostname}"

    async def handle_RCPT(self, server, session, envelope, address, options):
        server.reached("rcpt")
        await server.hang("rcpt")
        answer = AT_RECIPIENT.get(server.mode.name)
        if answer:
            server.settle(answer[:3], "rcpt")
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server, session, envelope):
        server.reached("end-of-data")
        mode = server.mode
        await server.hang("end")
        while mode.name in ("slow", "silent"):
            if mode.name == "silent":
                await mode.change()
            elif not await mode.change(within=mode.seconds):
                break
        answer = AT_MESSAGE.get(mode.name)
        if answer:
            server.settle_transaction(answer[:3])
            return answer

        parsed = email.message_from_bytes(envelope.original_content, policy=email.policy.compat32)
        server.store.keep(envelope.original_content, {
            "from": envelope.mail_from,
            "rcpts": envelope.rcpt_tos,
            "helo": session.host_name,
            "tls": bool(session.ssl) or server.implicit_tls,
            "auth": session.auth_data.decode() if session.authenticated else None,
            "mode": mode.text,
            "time": now(),
            "size": len(envelope.original_content),
            "message_id": str(parsed["Message-ID"]) if parsed["Message-ID"] else None,
        })
        if mode.name == "drop-after-data":
            server.cut()
            await asyncio.Event().wait()  # the cut ends this task
        server.settle_transaction("250")
        return "250 2.0.0 Message taken"


def authenticator(wanted):
    user, _, password = (wanted or "").partition(":")

    def check(server, session, envelope, mechanism, data):
        right = wanted and isinstance(data, LoginPassword) and hmac.compare_digest(
            data.login + b"\0" + data.password, user.encode() + b"\0" + password.encode())
        if right:
            server.reached("auth")
            return AuthResult(success=True, auth_data=data.login)
        server.settle("535", server.stage)
        return AuthResult(success=False, handled=False)

    return check


def context(certificate, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


async def serve(options):
    loop = asyncio.get_running_loop()
    mode = Mode(options.mode)
    store = Store(options.folder)
    open_connections = set()
    tls = context(*options.tls) if options.tls else None
    more = {
        "tls_context": None if options.implicit_tls else tls,
        "auth_required": bool(options.auth),
        "auth_require_tls": bool(tls) and not options.implicit_tls,
        "authenticator": authenticator(options.auth),
    }
    server = await loop.create_server(
        lambda: Connection(mode, store, open_connections, options, **more),
        "127.0.0.1", options.port, ssl=tls if options.implicit_tls else None)
    print("listening", server.sockets[0].getsockname()[1], flush=True)

    ended = asyncio.Event()

    def command(line):
        if line.strip() == "status":
            stages = sorted(connection.stage for connection in open_connections)
            state = {"mode": mode.text, "messages": store.messages, "attempts": store.attempts, "open": stages}
            print(json.dumps(state), flush=True)
            return
        try:
            mode.set(line)
            print("ok", flush=True)
        except ValueError as error:
            print(f"error: {error}", flush=True)

    def listen_to_stdin():
        for line in sys.stdin:
            if line.strip():
                loop.call_soon_threadsafe(command, line)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen_to_stdin, daemon=True).start()
    await ended.wait()
    server.close()
    for connection in list(open_connections):
        connection.settle("stopped", connection.stage)
        if connection.transport:
            connection.transport.abort()
    await asyncio.sleep(0)


def main():
    parser = argparse.ArgumentParser(description="An SMTP server for tests.")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", default="accept")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--implicit-tls", action="store_true")
    parser.add_argument("--auth", metavar="USER:PASSWORD")
    options = parser.parse_args()
    if options.implicit_tls and not options.tls:
        parser.error("--implicit-tls needs --tls")
    warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    asyncio.run(serve(options))


main()

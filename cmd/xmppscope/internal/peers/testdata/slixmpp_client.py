"""A slixmpp client that is told what to do, one JSON object a line.

It reads commands from standard input and reports what it sees on standard
output. Commands: {"do": "send", "to": JID, "body": TEXT}, {"do": "logout"}.
"""

import argparse
import asyncio
import json
import sys

from slixmpp import ClientXMPP


def report(event, **fields):
    print(json.dumps({"event": event, **fields}, ensure_ascii=False), flush=True)


class Client(ClientXMPP):
    def __init__(self, options):
        super().__init__(options.jid, options.password)
        self.ca_certs = options.ca
        self.register_plugin("xep_0030")  # service discovery
        self.register_plugin("xep_0115")  # capabilities: some ask for receipts only who announces them
        self.register_plugin("xep_0184")  # receipts
        self.register_plugin("xep_0198")  # stream management
        self.register_plugin("xep_0199")  # ping
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda _: report("refused"))
        self.add_event_handler("presence_available", self.presence)
        self.add_event_handler("presence_unavailable", self.presence)
        self.add_event_handler("message", self.message)
        self.add_event_handler("receipt_received", self.receipt)
        self.add_event_handler("disconnected", self.gone)
        self.finished = asyncio.get_event_loop().create_future()

    async def started(self, _):
        report("online", jid=str(self.boundjid), tls=self.transport.get_extra_info("cipher")[1])
        answer = await self.get_roster()
        items = answer["roster"]["items"]
        report("roster", contacts=sorted(str(jid) for jid in items))
        await self["xep_0115"].update_caps(broadcast=False)
        self.send_presence()

    def presence(self, stanza):
        if stanza["from"] != self.boundjid:
            report("presence", peer=str(stanza["from"]), type=str(stanza["type"]))

    def message(self, stanza):
        if stanza["type"] in ("chat", "normal") and stanza["body"]:
            report("message", peer=str(stanza["from"]), body=stanza["body"])

    def receipt(self, stanza):
        report("receipt", peer=str(stanza["from"]), id=stanza["receipt"])

    def gone(self, _):
        if not self.finished.done():
            self.finished.set_result(None)

    def obey(self, line):
        command = json.loads(line) if line.strip() else {"do": "logout"}
        if command["do"] == "send":
            stanza = self.make_message(mto=command["to"], mbody=command["body"], mtype="chat")
            stanza["request_receipt"] = True
            stanza.send()
            report("sent", id=stanza["id"])
        else:
            asyncio.ensure_future(self.leave())

    async def leave(self):
        self.send_presence(ptype="unavailable")
        await self.disconnect()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jid", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--address", required=True, help="HOST:PORT")
    parser.add_argument("--ca", required=True, help="PEM file")
    parser.add_argument("--direct-tls", action="store_true")
    return parser.parse_args()


async def main():
    options = arguments()
    client = Client(options)
    host, port = options.address.rsplit(":", 1)
    client.connect((host, int(port)), use_ssl=options.direct_tls, force_starttls=not options.direct_tls)
    loop = asyncio.get_event_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def commands():
        while True:
            line = await reader.readline()
            client.obey(line.decode())
            if not line:
                return

    listening = asyncio.ensure_future(commands())
    await client.finished
    listening.cancel()
    report("offline")


asyncio.get_event_loop().run_until_complete(main())

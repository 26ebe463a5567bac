"""A Prometheus behind AWS's Signature Version 4: checks every request with botocore, and answers a line of points.

Its first line says where it listens. It refuses with 403 what is not signed as botocore signs it.
"""

import datetime
import http.server
import json
import sys
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ID, SECRET, TOKEN = sys.argv[1:4]
REGION, SERVICE = "eu-west-1", "aps"


def problem(method, url, headers, body):
    """What is wrong with the signature of a request, if anything is."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    fields = dict(field.strip().split("=", 1) for field in rest.split(",") if "=" in field)
    if scheme != "AWS4-HMAC-SHA256" or "SignedHeaders" not in fields:
        return "expected a signature of version 4"
    signed = fields["SignedHeaders"].split(";")
    if "host" not in signed or headers.get("x-amz-security-token", "") != TOKEN:
        return "expected host and session token to be signed"
    date = headers.get("x-amz-date", "")
    now = datetime.datetime.now(datetime.timezone.utc)
    at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs(now - at) > datetime.timedelta(minutes=5):
        return f"expected a time near {now}, got {date}"
    own = {name: headers[name] for name in signed}
    request = botocore.awsrequest.AWSRequest(method, url, data=body, headers=own)
    request.context["timestamp"] = date
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(ID, SECRET, TOKEN), SERVICE, REGION)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    credential = f"{ID}/{auth.scope(request).split('/', 1)[1]}"
    if (fields.get("Signature"), fields.get("Credential")) != (expected, credential):
        return f"expected the signature {expected} of {credential}, got {fields}"
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        why = problem(self.command, f"http://{headers['host']}{self.path}", headers, body or None)
        if why:
            return self.say(403, {"message": why})
        params = dict(urllib.parse.parse_qsl(body or self.path.partition("?")[2]))
        start, end, step = (int(params[name]) for name in ("start", "end", "step"))
        level = 300 if "slow" in params["query"] else 100
        values = [[time, str(level + time * 37 % 101 / 10)] for time in range(start, end + 1, step)]
        data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        return self.say(200, {"status": "success", "data": data})

    do_GET = do_POST = answer

    def say(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()

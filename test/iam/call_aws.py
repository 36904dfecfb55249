"""Calls AWS for the tests with botocore, which the emulator's environment holds: the package has no SDK client of IAM or CloudTrail.

One JSON line in: {service, operation, parameters}; one out: {answer} or {error}.
"""

import json
import sys

import botocore.session
from botocore import xform_name

session, clients = botocore.session.get_session(), {}

for line in sys.stdin:
    call = json.loads(line)
    try:
        service = call["service"]
        client = clients.setdefault(service, clients.get(service) or session.create_client(service))
        answer = {"answer": getattr(client, xform_name(call["operation"]))(**call["parameters"])}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer, default=str), flush=True)

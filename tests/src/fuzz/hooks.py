"""What schemathesis is told of a running Keyward, and where it notes what was answered.

GOOD_CALLS  a URL: `GET {it}/{operation id}` answers a call that succeeds once, `{headers, params, query, body?}`
GOOD_SHARE  how many calls are to be such ones as a whole, 0 to 1
ADMIN_API   where admin-api answers by itself
ANSWERED    a file that gets a line `tag operation status` for each answer
"""

import collections
import json
import os
import urllib.request

import schemathesis
from schemathesis.core.parameters import ParameterLocation

good_share = float(os.environ["GOOD_SHARE"])
answered = open(os.environ["ANSWERED"], "a", buffering=1)
# By operation: the call that nobody has made yet, and how many were sent.
unused = {}
sent = collections.Counter()
# The cases that are good calls as a whole.
good_cases = set()
# What says something of the state that the caller has seen.
states = ("if-match", "idempotency-key")
organization = "x-keyward-organization"


def operation_of(case):
    return case.operation.definition.raw["operationId"]


@schemathesis.hook
def before_init_operation(context, operation):
    """Sessions, and what needs no credential, are admin-api's own: the gateway passes no cookies."""
    raw = operation.definition.raw
    schemes = [name for each in raw["security"] for name in each]
    if schemes in ([], ["session"]) and raw["tags"][0] != "encryption-keys":
        operation.base_url = os.environ["ADMIN_API"]


@schemathesis.auth(refresh_interval=None)
class Caller:
    """Whoever makes the good call."""

    def get(self, case, context):
        name = operation_of(case)
        if name not in unused:
            with urllib.request.urlopen(f"{os.environ['GOOD_CALLS']}/{name}") as answer:
                unused[name] = json.load(answer)
        return unused[name]

    def set(self, case, call, context):
        case.headers.update({name: value for name, value in call["headers"].items() if name != organization})


@schemathesis.hook
def before_call(context, case, kwargs):
    """
    Random ids name nothing, so that nothing behind them would be tried: a call is about what is there. Of a case that is wrong
    in several places one place stays wrong, each in its turn; else only the first that is looked at would ever be refused.
    """
    call = unused.get(operation_of(case))
    if call is None:
        return
    turn = sent[operation_of(case)]
    sent[operation_of(case)] += 1
    wrong = [place for place in ParameterLocation if case.meta.is_negative_at(place)]
    kept = wrong[turn % len(wrong)] if wrong else None
    is_good = not wrong and int((turn + 1) * good_share) > int(turn * good_share)

    if kept is not ParameterLocation.PATH:
        case.path_parameters = {**(case.path_parameters or {}), **call["params"]}
    if kept is not ParameterLocation.QUERY:
        is_drawn_well = ParameterLocation.QUERY not in wrong and not is_good
        case.query = {**(case.query or {}), **call["query"]} if is_drawn_well else call["query"]
    if kept is not ParameterLocation.HEADER:
        if organization in call["headers"]:
            case.headers[organization] = call["headers"][organization]
        if ParameterLocation.HEADER in wrong or is_good:
            for name in states:
                case.headers.pop(name, None)
    if "body" in call and (is_good or (ParameterLocation.BODY in wrong and kept is not ParameterLocation.BODY)):
        case.body = call["body"]
    if is_good:
        good_cases.add(case.id)


@schemathesis.hook
def after_call(context, case, response):
    raw = case.operation.definition.raw
    answered.write(f"{raw['tags'][0]} {raw['operationId']} {response.status_code}\n")
    if 200 <= response.status_code < 300 and case.method != "GET":
        unused.pop(raw["operationId"], None)


@schemathesis.check
def good_call_is_done(context, response, case):
    """What is right as a whole is done; `positive_data_acceptance` asks it of all that fits the schema."""
    if case.id in good_cases and not 200 <= response.status_code < 300:
        raise AssertionError(f"A good call was answered {response.status_code}")

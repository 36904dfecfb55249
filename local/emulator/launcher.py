"""Starts MiniStack 1.5.33 with the AWS behaviours that Holdpoint relies on and that it lacks.

No file of the package is changed. Each correction names the behaviour of AWS that it restores, and has a test in
test/local/emulator.test.ts or test/local/invocations.test.ts. A correction that no longer finds what it corrects stops the start.
"""

import contextvars
import http.client
import inspect
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

import ministack.core.lambda_runtime as runtime
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, new_uuid
from ministack.services import apigateway, cloudformation, cloudtrail, dynamodb, eventbridge, lambda_svc, scheduler, ses, ses_v2
from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import provisioners


def keep_names_of_thrown_errors():
    """AWS: what a handler throws reaches the caller, Retry and Catch under its own name; the environment survives it.

    A process that ends during an invocation is `Runtime.ExitError`.
    """
    settled_with_error = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
    assert settled_with_error in runtime._NODEJS_WORKER_SCRIPT
    runtime._NODEJS_WORKER_SCRIPT = runtime._NODEJS_WORKER_SCRIPT.replace(
        settled_with_error,
        # Not "error": the emulator ends the process of a worker that says so.
        'status: "ok", result: null, thrown: { errorType: String((err && err.name) || "Error"),'
        ' errorMessage: String((err && err.message) || err),'
        ' trace: String((err && err.stack) || "").split("\\n") }',
    )
    failure = threading.local()
    worker_invoke, execute_warm = runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke(self, *args, **kwargs):
        result = worker_invoke(self, *args, **kwargs)
        thrown = result.pop("thrown", None)
        if thrown:
            failure.body = thrown
            result = {**result, "status": "error", "error": thrown["errorMessage"], "trace": "\n".join(thrown["trace"])}
        elif result.get("error") == "Worker process died":
            failure.body = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited without providing a reason"}
        return result

    def execute(*args, **kwargs):
        failure.body = None
        result = execute_warm(*args, **kwargs)
        if failure.body and result.get("error"):
            result["body"] = failure.body
        return result

    runtime.Worker.invoke, lambda_svc._execute_function_warm = invoke, execute


def answer_silent_invocations_at_once():
    """AWS: an invocation that logs nothing is not slower than one that logs; here it waits 50 ms for a line."""
    first_line_wait, idle_confirm, hard_cap = 0.003, 0.002, 0.25
    assert len(runtime.Worker._drain_stderr_bounded.__defaults__) == 3
    runtime.Worker._drain_stderr_bounded.__defaults__ = (first_line_wait, idle_confirm, hard_cap)


def evaluate_timeouts_and_renew_tokens():
    """AWS: TimeoutSeconds may be a JSONata expression, evaluated for each attempt; each attempt has a token of its own.

    Arguments are evaluated once per attempt and inside Retry and Catch: so this is where both happen.
    """
    execute_task, evaluate_arguments = sfn._execute_task, sfn._apply_jsonata_arguments
    expression = "TimeoutSeconds expression"

    def execute(state, raw_input, execution, ctx):
        timeout = state.get("TimeoutSeconds")
        if isinstance(timeout, str):
            state = {**state, expression: timeout}
        return execute_task(state, raw_input, execution, ctx)

    def evaluate(state, raw_input, ctx=None):
        if ctx and ctx.get("State", {}).get("RetryCount") and ".waitForTaskToken" in state.get("Resource", ""):
            ctx["Task"] = {"Token": new_uuid()}
        if expression in state:
            timeout = {"TimeoutSeconds": state[expression]}
            state["TimeoutSeconds"] = sfn._jsonata_state_field(timeout, "TimeoutSeconds", "number", raw_input, ctx)
        return evaluate_arguments(state, raw_input, ctx)

    sfn._execute_task, sfn._apply_jsonata_arguments = execute, evaluate


waiting_token = contextvars.ContextVar("waiting_token", default=None)
current_execution = contextvars.ContextVar("current_execution", default=None)


def fail_token_states_whose_function_fails():
    """AWS: a token state whose function fails has failed with that error; here it would wait for its token."""
    invoke_with_callback, call_lambda = sfn._invoke_with_callback, sfn._call_lambda

    def invoke(resource, data, token, state):
        waiting_token.set(token)
        try:
            return invoke_with_callback(resource, data, token, state)
        finally:
            waiting_token.set(None)

    def call(reference, event):
        try:
            return call_lambda(reference, event)
        except sfn._ExecutionError as error:
            task = sfn._task_tokens.get(waiting_token.get())
            # A token that was redeemed before its function failed keeps its answer.
            if task and not task["event"].is_set():
                task["error"] = {"Error": error.error, "Cause": error.cause}
                task["event"].set()
            raise

    sfn._invoke_with_callback, sfn._call_lambda = invoke, call


def close_tokens():
    """AWS: a token is redeemed once; after that, after its timeout or its run's end the answer is TaskTimedOut.

    A run that was stopped stays ABORTED, whatever its task answers.
    """
    invoke_with_callback, run_execution, fail_execution = sfn._invoke_with_callback, sfn._run_execution, sfn._fail_execution
    success, failure, stop_execution = sfn._send_task_success, sfn._send_task_failure, sfn._stop_execution
    closed, token_of, lock = set(), {}, threading.Lock()

    def run(arn):
        current_execution.set(arn)
        run_execution(arn)

    def invoke(resource, data, token, state):
        arn = current_execution.get()
        token_of[arn] = token
        try:
            return invoke_with_callback(resource, data, token, state)
        finally:
            closed.add(token)
            token_of.pop(arn, None)
            if sfn._executions.get(arn, {}).get("status") == "ABORTED":
                raise SystemExit  # ends the thread of the run, without an event after ExecutionAborted

    def once(send):
        def redeem(data):
            token = data.get("taskToken")
            with lock:
                task = sfn._task_tokens.get(token)
                if token in closed or (task and task["event"].is_set()):
                    return error_response_json("TaskTimedOut", f"Task Timed Out: '{token}'", 400)
                return send(data)

        return redeem

    def stop(data):
        answer = stop_execution(data)
        token = token_of.get(data.get("executionArn"))
        if token and answer[0] < 400:
            with lock:
                closed.add(token)
                task = sfn._task_tokens.get(token)
                if task:
                    task["event"].set()
        return answer

    def fail(execution, error, cause):
        if execution["status"] == "RUNNING":
            fail_execution(execution, error, cause)

    sfn._invoke_with_callback, sfn._run_execution, sfn._fail_execution = invoke, run, fail
    sfn._send_task_success, sfn._send_task_failure, sfn._stop_execution = once(success), once(failure), stop


def honour_time_to_live_of_templates():
    """AWS: TimeToLiveSpecification of a template's table is set."""
    create_table = provisioners._ddb_create

    def create(logical_id, props, stack_name):
        name, attributes = create_table(logical_id, props, stack_name)
        wish = props.get("TimeToLiveSpecification") or {}
        if wish.get("AttributeName"):
            enabled = str(wish.get("Enabled")).lower() == "true"
            dynamodb._update_ttl(
                {"TableName": name, "TimeToLiveSpecification": {**wish, "Enabled": enabled}}
            )
        return name, attributes

    provisioners._ddb_create = create
    provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]["create"] = create


def keep_attributes_in_nested_stacks():
    """AWS: what an update of a nested stack leaves alone keeps its attributes; here Fn::GetAtt of it fails then."""
    update_resource = provisioners._update_resource

    def update(resource_type, physical_id, old_props, new_props, stack_name, logical_id=None, old_attrs=None):
        if old_attrs is None:
            resources = (cloudformation._stacks.get(stack_name) or {}).get("_resources", {})
            old_attrs = resources.get(logical_id, {}).get("Attributes")
        return update_resource(resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs)

    provisioners._update_resource = update


def read_streams_from_their_beginning_after_a_restart():
    """AWS: a stream's consumer misses no record that is written while nothing reads.

    Records are numbered from zero in each process, but how far they were read is saved with the state: without this,
    as many records are passed over after a restart as there were before it.
    """
    load = lambda_svc.load_persisted_state

    def load_from_beginning(data):
        load(data)
        positions = lambda_svc._dynamodb_stream_positions._data
        for mapping in positions:
            positions[mapping] = 0

    lambda_svc.load_persisted_state = load_from_beginning


class PlainMethod(str):
    """OPTIONS that is not taken for a preflight request."""

    def __eq__(self, other):
        return other != "OPTIONS" and str.__eq__(self, other)

    __hash__ = str.__hash__


def route_options_without_cors():
    """AWS: an HTTP API without a CORS configuration routes OPTIONS like any method; here it answers 403 itself."""
    execute = apigateway._handle_execute_in_scope

    async def handle(api_id, stage, path, method, *args, **kwargs):
        if method == "OPTIONS" and not (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
            method = PlainMethod(method)
        return await execute(api_id, stage, path, method, *args, **kwargs)

    apigateway._handle_execute_in_scope = handle


def match_what_ends_with_a_slash():
    """AWS, as its users report: `/things/{proxy+}` takes `/things/` too, and no route can end with a slash; here it takes one character at least."""
    extract = apigateway._extract_path_params

    def params(route_path, request_path):
        prefix, greedy, rest = route_path.partition("{proxy+}")
        above = extract(prefix, request_path) if greedy and not rest else None
        return extract(route_path, request_path) if above is None else {**above, "proxy": ""}

    apigateway._extract_path_params = params


def tick_schedules_every_second():
    """AWS: a schedule fires within its minute; here schedules are looked at every ten seconds."""
    assert scheduler._SCHEDULE_TICK_INTERVAL == 10
    scheduler._SCHEDULE_TICK_INTERVAL = 1


def take_calls_for_encrypted():
    """AWS: every call arrives over TLS. Here it comes in plain HTTP on the loopback interface.

    Without this, policies that refuse plain HTTP refuse everything where roles are checked.
    """
    pin_request_origin = iam_evaluator.pin_request_origin
    assert app.pin_request_origin is pin_request_origin

    def pin(source_ip, _secure_transport):
        pin_request_origin(source_ip, True)

    app.pin_request_origin = pin


configuration_set = contextvars.ContextVar("configuration_set", default=None)


def authorize_mail_on_what_it_names():
    """AWS: SendEmail is authorized on the identity that it is sent from and on its configuration set; here on `*`."""
    resource_of, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce
    assert resource_of("ses", "POST", "/", {}, b"", {"Source": ["a@example.com"]}, "us-east-1", "0") == "*"

    def extract(service, method, path, headers, body, query_params, region, account_id):
        source = iam_actions._query_param(query_params, "Source") if service == "ses" else None
        named = iam_actions._query_param(query_params, "ConfigurationSetName") if source else None
        configuration_set.set(f"arn:aws:ses:{region}:{account_id}:configuration-set/{named}" if named else None)
        if not source:
            return resource_of(service, method, path, headers, body, query_params, region, account_id)
        identity = source if source in ses._identities else source.rpartition("@")[2]
        return f"arn:aws:ses:{region}:{account_id}:identity/{identity}"

    def check(access_key_id, action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, action, service, region, resource_arn, service_context)
        also = configuration_set.get() if action == "ses:SendEmail" else None
        if refused or not also:
            return refused
        return enforce(access_key_id, action, service, region, also, service_context)

    iam_actions.extract_resource_arn, iam_evaluator.enforce = extract, check


def publish_what_becomes_of_mails():
    """AWS: the event bus of a configuration set gets its bounces and complaints, with the mail's tags; here nothing comes.

    What bounces are the addresses of the mailbox simulator: `bounce+label@simulator.amazonses.com`, `complaint+label@…`.
    """
    send_email = ses._send_email
    assert '"SendEmail": _send_email,' in inspect.getsource(ses.handle_request)
    assert ses._SIMULATOR_OUTCOMES["bounce"] == (("Bounce", "General"),)
    detail_types = {"Bounce": "Email Bounced", "Complaint": "Email Complaint Received"}

    def publish(sent, tags):
        configuration_set = ses_v2._config_sets.get(sent.get("ConfigurationSetName", "")) or {}
        destinations = (configuration_set.get("EventDestinations") or {}).values()
        wanted = {kind for one in destinations if one.get("EventBridgeDestination") for kind in one["MatchingEventTypes"]}
        mail = {"timestamp": ses._iso_now(), "source": sent["Source"], "messageId": sent["MessageId"], "tags": tags}
        for address in sent["To"]:
            name, _, domain = address.partition("@")
            outcomes = ses._SIMULATOR_OUTCOMES.get(name.split("+")[0], ()) if domain == ses._SIMULATOR_DOMAIN else ()
            for kind, subtype in outcomes:
                if kind.upper() in wanted:
                    about = ses._notification_detail(kind, address, mail["timestamp"], subtype)
                    detail = {"eventType": kind, "mail": {**mail, "destination": [address]}, **about}
                    entry = {"Source": "aws.ses", "DetailType": detail_types[kind], "Detail": json.dumps(detail)}
                    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    def send(params):
        answer = send_email(params)
        if answer[0] == 200:
            sent = ses._sent_emails_list()[-1]
            tags, number = {"ses:configuration-set": [sent.get("ConfigurationSetName", "")]}, 1
            while name := ses._p(params, f"Tags.member.{number}.Name"):
                tags[name], number = [ses._p(params, f"Tags.member.{number}.Value")], number + 1
            publish(sent, tags)
        return answer

    ses._send_email = send


def give_only_mails_that_are_new():
    """No correction: `/_ministack/ses/messages?after=<message id>` gives what was captured after that mail, all if it isn't known.

    A mailbox asks often: with all mails each time, that is most of what the emulator does once there are many.
    """
    all_messages = app._handle_ses_messages_request

    async def messages(method, path, headers, query_params):
        after = query_params.get("after")
        if path != "/_ministack/ses/messages" or method != "GET" or not after:
            return await all_messages(method, path, headers, query_params)
        captured = [mail for key, mails in ses._sent_emails.to_dict().items() if key[-1] == "entries" for mail in mails]
        known = next((at for at, mail in enumerate(captured) if mail["MessageId"] == after[0]), -1)
        answer = {"messages": {"new": captured[known + 1 :]}}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    app._handle_ses_messages_request = messages


def keep_a_trail(folder):
    """AWS: CloudTrail has denied calls too, and delivers its records to where a restart takes nothing away.

    `decisions.jsonl`: who, by which action, on which resource, allowed or not. `requests.jsonl`: the emulator's own
    records of what roles called, with the requests as they came.
    """
    os.makedirs(folder, exist_ok=True)
    enforce, record_event, lock = iam_evaluator.enforce, cloudtrail.record_event, threading.Lock()
    # Looked up at each request: what is put in its place here is what decides.
    assert "import AuthError, enforce, pin_request_caller" in inspect.getsource(app._dispatch_service_request)
    assert "ct_mod.record_event(" in inspect.getsource(app._maybe_record_cloudtrail)
    files = {name: open(os.path.join(folder, name), "a", encoding="utf-8") for name in ("decisions.jsonl", "requests.jsonl")}

    def write(name, line):
        with lock:
            files[name].write(json.dumps(line) + "\n")
            files[name].flush()

    def check(access_key_id, action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, action, service, region, resource_arn, service_context)
        principal = iam_evaluator.caller_arn()
        line = {"at": time.time(), "principal": principal, "action": action, "resource": resource_arn}
        write("decisions.jsonl", {**line, "allowed": refused is None})
        return refused

    def record(**event):
        record_event(**event)
        principal = iam_evaluator.caller_arn()
        if ":assumed-role/" in principal:
            write("requests.jsonl", {"principal": principal, **event})

    iam_evaluator.enforce, cloudtrail.record_event = check, record


def tell_invocations(url):
    """No correction: tells a test each invocation before it begins and after it ended, and names it in every call that it makes.

    POSTs `{id, function, pid, event}` and `{id, error, result}`; HTTP requests of the function carry the id as `x-invocation-id`.
    """
    target = urlsplit(url)
    context_line, last_line = "const ctx = msg.ctx || {};", "let handlerFn = null;"
    assert context_line in runtime._NODEJS_WORKER_SCRIPT and last_line in runtime._NODEJS_WORKER_SCRIPT
    runtime._NODEJS_WORKER_SCRIPT = runtime._NODEJS_WORKER_SCRIPT.replace(
        context_line, context_line + ' _invocation = ctx.request_id || "";'
    ).replace(
        last_line,
        last_line + ' let _invocation = ""; const { subscribe } = require("diagnostics_channel");'
        ' subscribe("http.client.request.created", (m) => m.request.setHeader("x-invocation-id", _invocation));'
        ' subscribe("undici:request:create", (m) => m.request.addHeader("x-invocation-id", _invocation));',
    )
    worker_invoke = runtime.Worker.invoke

    def tell(message):
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=10)
        try:
            connection.request("POST", target.path or "/", json.dumps(message))
            connection.getresponse().read()
        except OSError:
            pass  # Nobody listens any more: the test is over.
        finally:
            connection.close()

    def invoke(self, event, request_id, *args, **kwargs):
        runtime.ensure_spawned(self)
        function, pid = self.config.get("FunctionName", ""), self._proc.pid
        tell({"id": request_id, "function": function, "pid": pid, "event": event})
        result = worker_invoke(self, event, request_id, *args, **kwargs)
        tell({"id": request_id, "error": result.get("error"), "result": result.get("result")})
        return result

    runtime.Worker.invoke = invoke


def option(name):
    """Takes `name VALUE` out of the arguments; None if it isn't there."""
    if name not in sys.argv:
        return None
    at = sys.argv.index(name)
    del sys.argv[at]
    return sys.argv.pop(at)


def retry_event_sources_soon():
    """AWS: a batch that failed does not hold up the others of its queue; here nothing is read from it for a second."""
    assert lambda_svc._ESM_BACKOFF_SECONDS == 1.0
    lambda_svc._ESM_BACKOFF_SECONDS = 0.0


def end_with_parent():
    """Saves and ends when the process that started this one is gone: its end closes our stdin."""

    def watch():
        # Not sys.stdin: its lock would be held while Python shuts down.
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    keep_names_of_thrown_errors()
    answer_silent_invocations_at_once()
    evaluate_timeouts_and_renew_tokens()
    fail_token_states_whose_function_fails()
    close_tokens()
    honour_time_to_live_of_templates()
    keep_attributes_in_nested_stacks()
    read_streams_from_their_beginning_after_a_restart()
    route_options_without_cors()
    match_what_ends_with_a_slash()
    tick_schedules_every_second()
    take_calls_for_encrypted()
    if os.environ.get("TRAIL_FOLDER"):
        keep_a_trail(os.environ["TRAIL_FOLDER"])
    authorize_mail_on_what_it_names()
    publish_what_becomes_of_mails()
    give_only_mails_that_are_new()
    retry_event_sources_soon()
    if invocations_url := option("--tell-invocations"):
        tell_invocations(invocations_url)
    if "--with-parent" in sys.argv:
        sys.argv.remove("--with-parent")
        end_with_parent()

    app.main()

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { awsConfig } from '../../local/aws.ts';
import { until } from '../../local/until.ts';
import { zipOf } from './zip.ts';

type Call = Record<string, unknown> & { token?: string };

/** Runs state machines on the emulator, and hears what their function is called with. */
export async function startWorkbench(emulatorUrl: string) {
  const config = awsConfig(emulatorUrl);
  const [sfn, lambda] = [new SFNClient(config), new LambdaClient(config)];
  const calls: Call[] = [];
  const listener = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    calls.push(JSON.parse(body));
    response.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const listenerUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;

  const code = `exports.handler = async (event) => {
    await fetch('${listenerUrl}', { method: 'POST', body: JSON.stringify({ ...event, pid: process.pid, node: process.version }) });
    if (event.throws && !(event.until <= event.retry)) {
      throw Object.assign(new Error('as told'), { name: event.throws });
    }
    if (event.dies) process.exit(1);
    return event.returns ?? { ok: true };
  };`;
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'told',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/told',
      Timeout: 10,
      Code: { ZipFile: zipOf('index.js', code) },
    }),
  );
  const functionArn = created.FunctionArn ?? '';
  let machines = 0;

  const describe = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));
  return {
    sfn,
    lambda,
    functionArn,
    calls,
    /** Starts a run of the states; `told` in a Task is replaced by the function. Returns the run's ARN. */
    async start(states: Record<string, object>, input: object = {}): Promise<string> {
      const definition = JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: Object.keys(states)[0],
        States: states,
      }).replaceAll('"told"', JSON.stringify(functionArn));
      machines += 1;
      const machine = await sfn.send(
        new CreateStateMachineCommand({
          name: `m${machines}`,
          roleArn: 'arn:aws:iam::000000000000:role/m',
          definition,
        }),
      );
      const run = await sfn.send(
        new StartExecutionCommand({ stateMachineArn: machine.stateMachineArn, input: JSON.stringify(input) }),
      );
      return run.executionArn ?? '';
    },
    describe,
    /** Waits for the run's end; `output` is parsed. */
    async ended(executionArn: string, seconds = 10) {
      const run = await until('the run ends', seconds, async () => {
        const now = await describe(executionArn);
        return now.status === 'RUNNING' ? undefined : now;
      });
      return { status: run.status, error: run.error, output: run.output ? JSON.parse(run.output) : undefined };
    },
    /** The token of the function's n-th call since the last `calls.length = 0`. */
    token: (n = 0) => until('the function has the token', 10, () => calls[n]?.token),
    async events(executionArn: string) {
      const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
      return (history.events ?? []).map(({ type }) => type ?? '');
    },
    close() {
      listener.closeAllConnections();
      listener.close();
    },
  };
}

/** A task that calls the function with `payload`. */
export const task = (payload: object, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: 'told', Payload: payload },
  End: true,
  ...more,
});

/** A task that waits for its token. */
export const tokenTask = (payload: object, more: object = {}) => ({
  ...task({ ...payload, token: '{% $states.context.Task.Token %}' }, more),
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
});

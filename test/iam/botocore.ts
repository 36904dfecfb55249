/** AWS calls for which this repository has no SDK client, through the botocore of the emulator's environment. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AwsConfig } from '../../local/aws.ts';
import { ensurePython } from '../../local/python.ts';

export interface Botocore {
  /** One call after the other; rejects with AWS's words. */
  call<T>(service: string, operation: string, parameters: object): Promise<T>;
  close(): void;
}

export async function openBotocore({ endpoint, region, credentials }: AwsConfig): Promise<Botocore> {
  const child = spawn(await ensurePython(), [join(import.meta.dirname, 'call_aws.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  async function send<T>(call: object): Promise<T> {
    child.stdin.write(`${JSON.stringify(call)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('botocore ended');
    const { answer, error } = JSON.parse(value) as { answer: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return answer;
  }
  return {
    call<T>(service: string, operation: string, parameters: object): Promise<T> {
      const next = last.then(() => send<T>({ service, operation, parameters }));
      last = next.catch(() => undefined);
      return next;
    },
    close: () => child.stdin.end(),
  };
}

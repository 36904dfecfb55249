/** What of the deployment's own account an agent may be reached at: a function, a queue, or a bus, by its ARN. */

export interface InternalTarget {
  arn: string;
  service: 'lambda' | 'sqs' | 'events';
  region: string;
  account: string;
  /** A function's with its alias or version, if it has one; a queue's; a bus's. */
  name: string;
}

const shape =
  /^arn:aws[a-z-]*:(?:(lambda):([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?)|(sqs):([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)|(events):([a-z0-9-]+):(\d{12}):event-bus\/([A-Za-z0-9._/-]{1,256}))$/;

/** undefined for an ARN of anything else. */
export function internalTarget(arn: string): InternalTarget | undefined {
  const [service, region, account, name] = (shape.exec(arn) ?? []).slice(1).filter((part) => part !== undefined);
  if (!region || !account || !name) return undefined;
  return { arn, service: service as InternalTarget['service'], region, account, name };
}

/** The right that reaching it takes. */
export const rightOf = {
  lambda: 'lambda:InvokeFunction',
  sqs: 'sqs:SendMessage',
  events: 'events:PutEvents',
} as const satisfies Record<InternalTarget['service'], string>;

/** The commands with which tests watch; they are carried out where the proxies are. See `test/deployed/control.ts`. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Judge, ProxiedCall } from '../../local/fault-rules.ts';
import type { Invocation } from '../../local/invocations.ts';
import type { LocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';
import { startHooks } from './hooks.ts';
import { namesOf } from './points.ts';
import { Watch, type WatchOrder } from './watch.ts';

export async function watching(stack: LocalStack, dir: string) {
  const { faultProxy, providerProxy, invocations, outputs } = stack;
  if (!faultProxy || !providerProxy || !invocations) throw new Error('watching needs the proxies');
  const hooks = await startHooks(invocations);
  const proxies = [faultProxy, providerProxy, hooks.proxy];
  const names = namesOf(JSON.parse(outputs.Functions ?? '{}'), {
    intents: outputs.IntentsTable ?? '',
    effects: outputs.EffectsTable ?? '',
    audit: outputs.AuditTable ?? '',
    control: outputs.ControlTable ?? '',
    people: outputs.PeopleTable ?? '',
    meters: outputs.MetersTable ?? '',
    mailboxes: outputs.MailboxesTable ?? '',
    webhooks: outputs.WebhooksTable ?? '',
  });
  const lambda = new LambdaClient(stack.aws);
  const watches: Watch[] = [];
  const strangers: ProxiedCall[] = [];
  const texts = new WeakMap<Invocation, string>();
  const textOf = (invocation: Invocation) => {
    const text = texts.get(invocation) ?? JSON.stringify(invocation.event);
    texts.set(invocation, text);
    return text;
  };
  const watchOf = (text: string) => watches.find(({ order }) => text.includes(order.mark));

  /** What a call names goes before what its invocation is for: a batch holds several intents. */
  const faultOf: Judge = (call, body) => {
    const invocation = invocations.find(call.invocation);
    if (!invocation) {
      strangers.push(call);
      return undefined;
    }
    return (watchOf(body) ?? watchOf(textOf(invocation)) ?? sweeping(invocation))?.made(call, body, invocation)?.do;
  };
  const sweeping = ({ function: name }: Invocation) =>
    names.functions[name] === 'sweep' ? watches.find(({ order }) => order.sweeps) : undefined;
  const again = async (watch: Watch, { function: name, event }: Invocation) => {
    watch.repeating += 1;
    await lambda.send(new InvokeCommand({ FunctionName: `${name}:live`, Payload: JSON.stringify(event) }));
    watch.repeating -= 1;
    watch.hits += 1;
  };
  invocations.changes.on('started', (invocation) => {
    if (watches.length === 0) return;
    const watch = watchOf(textOf(invocation));
    if (!watch) return;
    const name = watch.began(invocation);
    const { repeat } = watch.order;
    if (repeat?.event === name && repeat.when === 'together') again(watch, invocation);
  });
  invocations.changes.on('ended', (invocation) => {
    const watch = watches.find((each) => each.invocations.some((seen) => seen.invocation === invocation));
    if (!watch) return;
    watch.changedAt = Date.now();
    const { name } = watch.invocations.find((seen) => seen.invocation === invocation) ?? {};
    const { repeat } = watch.order;
    if (repeat?.event === name && repeat?.when === 'after') again(watch, invocation);
  });

  const commands = {
    watch: (order: WatchOrder) => {
      watches.push(new Watch(order, names));
      for (const proxy of proxies) proxy.judgedBy(faultOf);
    },
    seen: ({ mark }: WatchOrder) => watchOf(mark)?.seen(),
    unwatch: ({ mark }: WatchOrder) => {
      watches.splice(0, watches.length, ...watches.filter(({ order }) => order.mark !== mark));
      if (watches.length === 0) for (const proxy of proxies) proxy.judgedBy();
    },
    /** Where webhooks of an intent with this mark are to be sent to, and those that came. */
    hooks: ({ mark }: Pick<WatchOrder, 'mark'>) => hooks.of(mark),
    /** Calls that no invocation is known to have made: none, where every call is seen. */
    strangers: () => strangers,
    /** Ends the idle processes of all functions, so that the next invocations find fresh ones. */
    cool: () => {
      const busy = new Set(invocations.log.filter(({ ended }) => !ended).map(({ pid }) => pid));
      const idle = workersIn(dir).filter((pid) => !busy.has(pid));
      for (const pid of idle) process.kill(pid, 'SIGKILL');
      return until('they are gone', 30, () => !workersIn(dir).some((pid) => idle.includes(pid)));
    },
  };
  return { commands, close: hooks.close };
}

/** Processes of functions, known by where the emulator of this stack unpacked them. */
function workersIn(dir: string): number[] {
  const listed = execFileSync('ps', ['-Ao', 'pid=,args='], { encoding: 'utf8' });
  return listed
    .split('\n')
    .filter((line) => line.includes(join(dir, 'aws', 'tmp', 'ministack-lambda-')))
    .map((line) => Number.parseInt(line, 10));
}

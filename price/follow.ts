/** One intent, followed through the real state machine of its type; every state does its part in the house. */

import { delegated, delegationMachine as delegationMachineName } from '../core/delegation.ts';
import { Directory } from '../core/directory.ts';
import type { IntentType } from '../core/intent-type.ts';
import { intentTypeOf } from '../intents/index.ts';
import { type Answer, billedTransitions, delegationMachine, machineOf, walk } from '../statemachines/testing/walk.ts';
import { agentReads, eventBytes, eventsPerState, lineOverheadBytes } from './assumptions.ts';
import { House } from './house.ts';
import type { Path } from './paths.ts';
import type { Usage } from './usage.ts';

const generation = 1;

/** Follows a path to its end. `recipients`: how many people a task is mailed to. */
export async function follow(path: Path, recipients: number): Promise<Usage> {
  const declared = intentTypeOf(path.type);
  const type = declared ?? delegated(path.type);
  if (!type) throw new Error(`This deployment does not declare ${path.type}.`);
  const house = new House(type, peopleFor(type, recipients));
  await house.submit(path.payload);
  await house.start();
  const input = {
    v: 1,
    ...house.ref,
    generation,
    type: declared ? type.type : delegationMachineName,
    traceId: 'trace',
    waitUntil: 'later',
    rung: 0,
  };
  const { entered, failed } = await walk(declared ? machineOf(type) : delegationMachine(), input, (name) =>
    step(house, path, name, input),
  );
  if (failed !== undefined) throw new Error(`${path.name}: ${failed}`);
  for (let read = 0; read < agentReads; read += 1) await house.read();
  if (house.owes() > 0) throw new Error(`${path.name} leaves ${house.owes()} rows owed`);
  return usageOf(house, entered);
}

async function step(house: House, path: Path, name: string, input: object): Promise<Answer> {
  if (name === 'POLICY_CHECK') {
    const payload = await house.policyCheck(generation);
    if (payload.outcome !== path.outcome) throw new Error(`${path.name}: the policy says ${payload.outcome}`);
    return { payload };
  }
  if (name === 'ESCALATE_TO_HUMAN') {
    await house.escalate(generation);
    await house.decide(await house.mail());
    await house.wake();
    return { payload: {} };
  }
  if (name === 'AWAIT_ANSWER') {
    await house.deliver();
    await house.awaitAnswer(generation);
    await house.answer();
    await house.wake('SendTaskFailure');
    return { error: 'Cancelled' };
  }
  if (name === 'EXECUTE_ACTION') return { payload: await house.tool('execute', input) };
  if (name === 'VERIFY') return { payload: await house.tool('verify', input) };
  if (name !== 'COMPLETE') throw new Error(`${name} is on no path that is priced`);
  await house.complete(generation);
  return { payload: null };
}

function usageOf({ meter, ledger }: House, entered: string[]): Usage {
  const { units, storedBytes, transactions } = ledger;
  const executionLog = entered.length * eventsPerState * (eventBytes + lineOverheadBytes);
  return {
    entered,
    transitions: billedTransitions(entered),
    calls: meter.calls,
    awsCalls: meter.awsCalls,
    writeUnits: units.write,
    checkUnits: units.check,
    indexUnits: units.index,
    readUnits: units.read,
    storedBytes,
    transactions,
    messages: meter.messages,
    mails: meter.mails,
    httpRequests: meter.httpRequests,
    responseBytes: meter.responseBytes,
    logBytes: meter.written.bytes + executionLog,
    traces: meter.traces,
    series: [...meter.written.series].sort(),
  };
}

/** As many people of the type's role as are mailed. */
const peopleFor = (type: IntentType, recipients: number): Directory =>
  new Directory(
    Array.from({ length: recipients }, (_, n) => ({
      id: `person-${n + 1}`,
      name: `Person Example ${n + 1}`,
      mail: `person.${n + 1}@example.com`,
      roles: [...new Set([type.task.role, 'refunds'])],
    })),
  );

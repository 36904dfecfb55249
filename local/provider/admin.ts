/** `/_sandbox/…`: what a test or a person may look at and change, outside of Stripe's API. */
import { addCharge, type NewCharge } from './charges.ts';
import type { Store } from './store.ts';
import { type Answer, type Fault, faultKinds } from './types.ts';

/** Answers an admin request; `body` is the parsed JSON of a POST. Unknown paths are 404, wrong bodies 400. */
export function answerAdmin(store: Store, method: string, path: string, body: unknown): Answer {
  const { state } = store;
  const route = `${method} ${path.slice('/_sandbox'.length)}`;
  switch (route) {
    case 'GET /health':
      return ok({ ok: true });
    case 'GET /requests':
      return ok(store.requests);
    case 'GET /refunds':
      return ok(state.refunds);
    case 'GET /charges':
      return ok(Object.values(state.charges));
    case 'GET /faults':
      return ok(state.faults);
    case 'POST /faults': {
      const faults = readFaults(body);
      if (!faults) return refused(`a fault is {match: {method, pathPrefix}, do: ${faultKinds.join(' | ')}, times}`);
      state.faults.push(...faults);
      break;
    }
    case 'POST /no-faults':
      state.faults = [];
      break;
    case 'POST /forget-keys':
      state.keys = {};
      break;
    case 'POST /keys-off':
      state.keysOff = (body as { off?: unknown } | null)?.off === true;
      break;
    case 'POST /charges': {
      const given = readCharge(body);
      if (!given) return refused('a charge is {orderId, amount, currency, amountRefunded?, metadata?}');
      const charge = addCharge(state, given);
      store.save();
      return ok(charge);
    }
    case 'POST /reset':
      store.reset();
      return ok({ ok: true });
    default:
      return { status: 404, saved: false, body: { error: { message: `unknown: ${route}` } } };
  }
  store.save();
  return ok({ ok: true });
}

const ok = (body: object): Answer => ({ status: 200, body, saved: false });
const refused = (message: string): Answer => ({ status: 400, body: { error: { message } }, saved: false });

function readFaults(body: unknown): Fault[] | undefined {
  const list = (Array.isArray(body) ? body : [body]) as Partial<Fault>[];
  const faults: Fault[] = [];
  for (const given of list) {
    if (!given || !faultKinds.some((kind) => kind === given.do)) return undefined;
    faults.push({
      match: given.match ?? {},
      do: given.do as Fault['do'],
      times: given.times ?? 1,
      statusSaved: given.statusSaved ?? true,
    });
  }
  return faults;
}

function readCharge(body: unknown): NewCharge | undefined {
  const given = body as Partial<NewCharge> | null;
  if (typeof given?.orderId !== 'string' || typeof given.currency !== 'string') return undefined;
  return Number.isInteger(given.amount) ? (given as NewCharge) : undefined;
}

/** Shapes of the sandbox provider: what Stripe's API answers, and what the sandbox keeps on disk. Amounts are in the currency's minor unit. */

export type Metadata = Record<string, string>;

export type Charge = {
  id: string;
  object: 'charge';
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  captured: boolean;
  /** Seconds since 1970. */
  created: number;
  /** ISO 4217, lower case, as Stripe writes it. */
  currency: string;
  description: string | null;
  disputed: boolean;
  livemode: boolean;
  metadata: Metadata;
  paid: boolean;
  payment_intent: string | null;
  refunded: boolean;
  status: 'succeeded';
};

export type Refund = {
  id: string;
  object: 'refund';
  amount: number;
  balance_transaction: string;
  charge: string;
  created: number;
  currency: string;
  metadata: Metadata;
  payment_intent: string | null;
  reason: string | null;
  receipt_number: string | null;
  status: 'succeeded';
};

/** An answer of the API. `saved` says whether Stripe would remember it under the request's idempotency key. */
export type Answer = { status: number; body: object; saved: boolean };

/** What is remembered of the first request made with an idempotency key. */
type SavedKey = { endpoint: string; parametersHash: string; status: number; body: object };

export const faultKinds = [
  'fail500',
  'fail500_after_commit',
  'hang',
  'hang_after_commit',
  'drop_before_commit',
  'drop_after_commit',
  'rate_limit',
  'refuse',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A fault waiting for its request. `times` counts down; `statusSaved: false` keeps a 500 out of the key memory. */
export type Fault = {
  match: { method?: string; pathPrefix?: string; parametersInclude?: string };
  do: FaultKind;
  times: number;
  statusSaved: boolean;
};

/** One request as it was received. `status` is null while unanswered, and stays null if the connection was dropped or left hanging. */
export type LoggedRequest = {
  n: number;
  at: string;
  method: string;
  path: string;
  idempotencyKey: string | null;
  body: string;
  status: number | null;
  fault: FaultKind | null;
  replayed: boolean;
};

export type State = {
  charges: Record<string, Charge>;
  /** In the order in which they were made. */
  refunds: Refund[];
  keys: Record<string, SavedKey>;
  keysOff: boolean;
  faults: Fault[];
};

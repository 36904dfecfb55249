/** Bugs of delegation that are planted, as those beside. */

import type { Plant } from './plants.ts';

export const agentPlants: Record<string, Plant> = {
  takenClaim: {
    says: 'a claim is granted while another has one',
    file: 'core/rules/claim.ts',
    find: 'const held = liveClaim(delivery, context.now);',
    put: 'const held = by.fencingToken === undefined ? undefined : liveClaim(delivery, context.now);',
    breaks: ['oneClaim'],
  },
  sameToken: {
    says: 'a new claim has the token of the one before',
    file: 'core/rules/claim.ts',
    find: 'token: delivery.fence + 1,',
    put: 'token: Math.max(1, delivery.fence),',
    breaks: ['fenceRises'],
  },
  staleToken: {
    says: 'whoever sends any fencing token may answer',
    file: 'core/rules/answer.ts',
    find: 'if (held && held.token !== by.fencingToken)',
    put: 'if (held && by.fencingToken === undefined)',
    breaks: ['holderAnswers'],
  },
  anybodyAnswers: {
    says: 'an agent answers what was never given to it',
    file: 'core/rules/answer.ts',
    find: 'if (!delivery || !receives(state, by))',
    put: 'if (!delivery)',
    breaks: ['receiverAnswers'],
  },
  claimUnderStop: {
    says: 'a claim does not ask for stops',
    file: 'core/rules/claim.ts',
    find: 'stops: stopsFor(head, { agents: [by.agent] }),',
    put: '',
    breaks: ['workStops'],
  },
  onceMore: {
    says: 'what was lost by its last attempt is given out once more',
    file: 'core/rules/deliver.ts',
    find: 'if (delivery.attempt >= delivery.maxAttempts) {',
    put: 'if (delivery.attempt > delivery.maxAttempts) {',
    breaks: ['attemptsCount'],
  },
  remindsEarly: {
    says: 'an agent is reminded before its time',
    file: 'core/rules/await-answer.ts',
    find: 'const passed = delivery.ladder.filter((rung) => Date.parse(rung.at) <= now).length;',
    put: 'const passed = delivery.ladder.length - 1;',
    breaks: ['deliveryRungs'],
  },
  forgottenDelivery: {
    says: 'a delivery is taken for done before it is in its mailbox',
    file: 'functions/deliver/pay.ts',
    find: 'const seq = await put(message, workEntry',
    put: 'await store.settle(message, message.key); const seq = await put(message, workEntry',
    breaks: ['arrived'],
  },
  forgottenLease: {
    says: 'nobody looks at a lease that may be over',
    file: 'functions/deliver/pay.ts',
    find: 'if (body.lease !== undefined) return watch(message, body as unknown as LeaseOrder);',
    put: 'if (body.lease !== undefined) return void watch, store.settle(message, message.key);',
    breaks: ['watchedLease'],
  },
  forgottenAnswer: {
    says: 'the answer that somebody asked for is not owed',
    file: 'core/part.ts',
    find: '...(head.replies ? [replyRow(now)] : []),',
    put: '',
    breaks: ['answered'],
  },
  sameNumber: {
    says: 'two who put into a mailbox give the same number',
    file: 'core/testing/memory-mailboxes.ts',
    find: 'if (known || entry.seq !== of(box).length + 1) return false;',
    put: 'if (known) return false;',
    breaks: ['wholeMailboxes', 'readsInOrder', 'arrivedTruly'],
  },
  forgottenParts: {
    says: 'what is a part of something withdrawn goes on',
    file: 'core/rules/cancel.ts',
    find: 'partsRow(context.now),',
    put: '',
    breaks: ['partsOwed'],
  },
  firstPart: {
    says: 'only the first part of something withdrawn is withdrawn',
    file: 'functions/runs/pay.ts',
    find: 'for (const intentId of parts)',
    put: 'for (const intentId of parts.slice(0, 1))',
    breaks: ['partsFollow'],
  },
};

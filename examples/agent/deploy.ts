import type { HoldpointClient } from '@holdpoint/sdk';

/** Asks before it deploys. Killed and started anew, it asks nobody twice: the key is the same, so is the question. */
export async function deploy(hp: HoldpointClient, version: string, run: (version: string) => Promise<void>) {
  const decision = await hp.waitForHuman(
    {
      task: `Deploy ${version} of the shop?`,
      assignee: 'approvers',
      risk_level: 'medium',
      payload: { version },
      ladder: { remind: { after_seconds: 3600 }, expire: { after_seconds: 2 * 86_400 } },
    },
    { idempotencyKey: `deploy-${version}`, timeoutSeconds: 3 * 86_400 },
  );
  if (decision.approved) await run(version);
  return decision;
}

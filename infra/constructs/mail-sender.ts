import { Stack } from 'aws-cdk-lib';
import { ConfigurationSet, ConfigurationSetTlsPolicy, SuppressionReasons } from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { NodeFunction } from './node-function.ts';

/** In the SES sandbox an account sends 200 mails a day; one with more people than this has left it. */
const maxSandboxPeople = 50;

/** How mails are sent: only by TLS, without open or click tracking, and not again to who bounced or complained. */
export class MailSender extends Construct {
  readonly set: ConfigurationSet;
  readonly #config: Config;

  constructor(scope: Construct, id: string, props: { config: Config }) {
    super(scope, id);
    this.#config = props.config;
    this.set = new ConfigurationSet(this, 'Set', {
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
  }

  /** Lets a function send from the configured address. */
  usedBy(mail: NodeFunction): void {
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'ses', resource, resourceName });
    const identities = this.#identities().map((name) => arn('identity', name));
    mail.allow(['ses:SendEmail'], [...identities, arn('configuration-set', this.set.configurationSetName)]);
  }

  /** Either the address or its domain is verified. While the account is in the SES sandbox, the recipient's identity is checked too. */
  #identities(): string[] {
    const { people } = this.#config.directory;
    const recipients = people.length <= maxSandboxPeople ? people.map(({ mail }) => mail) : [];
    const addresses = [this.#config.sender, ...recipients];
    return [...new Set(addresses.flatMap((address) => [address, address.slice(address.lastIndexOf('@') + 1)]))];
  }
}

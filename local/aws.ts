/** How programs on this machine reach the local AWS with the AWS SDK. */
import { emulatorCredentials, emulatorRegion } from './emulator.ts';

export type AwsConfig = {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

/** The configuration of any AWS SDK client for the emulator (or a proxy before it) at `endpoint`. */
export function awsConfig(endpoint: string): AwsConfig {
  return { endpoint, region: emulatorRegion, credentials: { ...emulatorCredentials } };
}

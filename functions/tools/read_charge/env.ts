export { providerEnv as env } from '../provider.ts';

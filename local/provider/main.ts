/** The sandbox provider as a process: `node local/provider/main.ts --port 7302 --state DIR`. Port 0 takes a free one. */
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createProvider } from './server.ts';
import { openStore } from './store.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    state: { type: 'string' },
    // Ends with the process that holds its stdin.
    'with-parent': { type: 'boolean', default: false },
  },
});
if (!values.state) {
  console.error('Say where the state may lie: --state DIR');
  process.exit(2);
}
const server = createProvider(openStore(values.state));
server.on('error', (error) => {
  console.error(`The sandbox provider can't listen on port ${values.port}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(values.port), '127.0.0.1', () => {
  // Whoever started this process reads the address from this line.
  console.log(`sandbox provider on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
function stop(): void {
  server.close(() => process.exit(0));
  server.closeAllConnections();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
if (values['with-parent']) process.stdin.on('end', stop).resume();

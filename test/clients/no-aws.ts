/** Loaded before the CLI: no module of AWS can be imported, and nothing can reach a network. */

import dns from 'node:dns';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const refuse = (what: string) => (): never => {
  process.stderr.write(`refused: ${what}\n`);
  process.exit(99);
};

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (/@aws-sdk|@smithy|@aws-lambda|\/adapters\/|\/local\//.test(`${specifier} ${found.url}`))
      refuse(`import of ${specifier}`)();
    return found;
  },
});
net.Socket.prototype.connect = refuse('a connection');
dns.lookup = Object.assign(refuse('a look-up of a name'), dns.lookup);
globalThis.fetch = refuse('fetch');
syncBuiltinESMExports();

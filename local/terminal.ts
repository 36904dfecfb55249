/** What `npm start` shows: steps with their time, with a spinner where there is a terminal and as plain lines elsewhere. */
import { styleText } from 'node:util';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMilliseconds = 80;

export type Terminal = {
  /** Runs a step and shows its title, then how long it took. Returns and throws what `run` does. */
  step<T>(title: string, run: () => Promise<T>): Promise<T>;
  line(text?: string): void;
  /** Name and value, one under the other in a column. */
  facts(rows: [string, string][]): void;
  bold(text: string): string;
  soft(text: string): string;
};

// A spinner of our own: that of a prompt library takes Ctrl-C for itself, and here it must stop the children in order.
export function terminal(out: NodeJS.WriteStream): Terminal {
  const style = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream: out });
  const write = (text: string) => void out.write(`${text}\n`);
  return {
    line: (text = '') => write(text),
    bold: (text) => style('bold', text),
    soft: (text) => style('dim', text),
    facts(rows) {
      const width = Math.max(...rows.map(([name]) => name.length));
      for (const [name, value] of rows) write(`  ${style('dim', name.padEnd(width))}  ${value}`);
    },
    async step(title, run) {
      const start = performance.now();
      const spent = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
      let frame = 0;
      const draw = () => {
        out.write(
          `\r\u001b[K${style('cyan', frames[frame++ % frames.length] ?? '')} ${title} ${style('dim', spent())}`,
        );
      };
      const timer = out.isTTY ? setInterval(draw, frameMilliseconds) : undefined;
      const end = (mark: string) => {
        clearInterval(timer);
        write(`${out.isTTY ? '\r\u001b[K' : ''}${mark} ${title} ${style('dim', spent())}`);
      };
      try {
        const value = await run();
        end(style('green', '✔'));
        return value;
      } catch (error) {
        end(style('red', '✘'));
        throw error;
      }
    },
  };
}

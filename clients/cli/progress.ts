/** Signs of life on stderr while a command waits; nothing where nobody watches. */

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const clear = '\r\u001b[K';

export interface Progress {
  /** What it waits for now. */
  say(text: string): void;
  /** Writes a line of the answer, above the sign. */
  above(write: () => void): void;
  stop(): void;
}

/** A line that moves, at the bottom of a terminal. */
export function progress(first: string): Progress {
  if (!process.stderr.isTTY) return { say: () => undefined, above: (write) => write(), stop: () => undefined };
  let text = first;
  let frame = 0;
  let since = Date.now();
  const draw = () => {
    const seconds = Math.floor((Date.now() - since) / 1000);
    const width = (process.stderr.columns || 80) - 1;
    frame += 1;
    process.stderr.write(`${clear}${`${frames[frame % frames.length]} ${text} ${seconds} s`.slice(0, width)}`);
  };
  const timer = setInterval(draw, frameMs);
  return {
    say(next) {
      text = next;
      since = Date.now();
    },
    above(write) {
      process.stderr.write(clear);
      write();
    },
    stop() {
      clearInterval(timer);
      process.stderr.write(clear);
    },
  };
}

/** Runs `use` under such a line. */
export async function during<T>(text: string, use: () => Promise<T>): Promise<T> {
  const shown = progress(text);
  try {
    return await use();
  } finally {
    shown.stop();
  }
}

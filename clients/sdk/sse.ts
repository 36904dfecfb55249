/** Server-sent events, read as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export interface ServerEvent {
  /** `message` where the frame names none. */
  event: string;
  data: string;
}

/** Takes text in pieces, however it was cut, and gives each event once its empty line is there. What was begun when the text ends is no event. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #started = false;

  push(text: string): ServerEvent[] {
    if (!this.#started && text !== '') {
      this.#started = true;
      return this.push(text.replace(/^\uFEFF/, ''));
    }
    const events: ServerEvent[] = [];
    this.#rest += text;
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      const event = this.#take(line);
      if (event) events.push(event);
    }
    return events;
  }

  /** A line ends with CR LF, LF or CR; a CR at the end of what is there may have its LF to come. */
  #nextLine(): string | undefined {
    const end = /\r\n|\n|\r(?!$)/.exec(this.#rest);
    if (!end) return undefined;
    const line = this.#rest.slice(0, end.index);
    this.#rest = this.#rest.slice(end.index + end[0].length);
    return line;
  }

  #take(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const isThere = this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    return isThere ? event : undefined;
  }
}

/** The events of a body until it ends. Throws what reading it throws. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const parser = new EventParser();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever stops reading early lets go of the connection.
    await reader.cancel().catch(() => undefined);
  }
}

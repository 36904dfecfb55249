/** The mails that the local AWS captured, copied to disk at once: the emulator forgets them when it restarts. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type Mail = {
  /** Its number in the mailbox, from 1. */
  id: string;
  messageId: string;
  /** ISO 8601. */
  at: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
};

export type Mailbox = {
  /** Copies what is new, and returns all mails, oldest first. */
  refresh(): Promise<Mail[]>;
  /** All mails known so far, oldest first. */
  mails: readonly Mail[];
  close(): void;
};

type CapturedMail = {
  MessageId: string;
  Source: string;
  To: string[];
  CC: string[];
  BCC: string[];
  Subject: string;
  BodyText: string | null;
  BodyHtml: string | null;
  /** Seconds since 1970. */
  Timestamp: number;
};

// Long enough to cost nothing, short enough that little is lost if the emulator is killed.
const pollMilliseconds = 1000;

/** @param file where the mails are kept, one JSON object a line; readable by its owner only, since mails hold links */
export function openMailbox(options: { emulatorUrl: string; file: string }): Mailbox {
  const mails: Mail[] = existsSync(options.file)
    ? readFileSync(options.file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Mail)
    : [];
  const known = new Set(mails.map(({ messageId }) => messageId));
  let running: Promise<Mail[]> | undefined;

  async function copy(): Promise<Mail[]> {
    // Only what is new: nothing after a mail that it forgot is nothing known, and it gives all.
    const after = encodeURIComponent(mails.at(-1)?.messageId ?? '');
    const response = await fetch(`${options.emulatorUrl}/_ministack/ses/messages?after=${after}`);
    const { messages } = (await response.json()) as { messages: Record<string, CapturedMail[]> };
    for (const captured of Object.values(messages).flat()) {
      if (known.has(captured.MessageId)) continue;
      known.add(captured.MessageId);
      const mail: Mail = {
        id: String(mails.length + 1),
        messageId: captured.MessageId,
        at: new Date(captured.Timestamp * 1000).toISOString(),
        from: captured.Source,
        to: [...captured.To, ...captured.CC, ...captured.BCC],
        subject: captured.Subject,
        text: captured.BodyText ?? '',
        html: captured.BodyHtml ?? '',
      };
      appendFileSync(options.file, `${JSON.stringify(mail)}\n`, { mode: 0o600 });
      mails.push(mail);
    }
    return mails;
  }

  // One copy at a time, so that no mail is taken twice.
  const refresh = () => {
    running ??= copy().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    // While the emulator restarts there is nothing to copy.
    refresh().catch(() => undefined);
  }, pollMilliseconds);
  timer.unref();
  return { refresh, mails, close: () => clearInterval(timer) };
}

/** The first link that begins with `baseUrl` in the mail's text. */
export function linkIn(mail: Mail, baseUrl: string): string | undefined {
  const start = mail.text.indexOf(`${baseUrl}/`);
  return start < 0 ? undefined : /^[^\s<>"')\]]*[^\s<>"')\].,;:!?]/.exec(mail.text.slice(start))?.[0];
}

/** Moves of a task beside its decision: taken back, taken over, withdrawn, frozen. Each is a form of its own, folded. */

import { html, raw } from 'hono/html';
import type { Part } from '../core/rules/part.ts';
import { maxCommentLength } from '../core/tasks.ts';
import { exactly, type Html, page, withMore } from './frame.ts';

export const moves = ['take-back', 'take-over', 'recall', 'freeze'] as const;
export type Move = (typeof moves)[number];

interface Words {
  /** Whether it is this person's, now. */
  of: keyof Part;
  title: string;
  says: string;
  /** What is written to it, and whether it must be. */
  note?: { label: string; required?: true };
  button: string;
  done: string;
}

const words: Record<Move, Words> = {
  'take-back': {
    of: 'takesBack',
    title: 'Take it back',
    says: 'You are asked again, and whoever it is with now is told and no longer asked.',
    button: 'Take back',
    done: 'You are asked again.',
  },
  'take-over': {
    of: 'takesOver',
    title: 'Take it over as an administrator',
    says: 'You become the only one asked in this step; whoever was asked is told. Votes that were cast count, and later steps stay.',
    note: { label: 'Note to them' },
    button: 'Take over',
    done: 'You are the only one asked now.',
  },
  recall: {
    of: 'withdraws',
    title: 'Withdraw it',
    says: 'It ends as cancelled: nobody decides it any more, and whoever was asked is told.',
    note: { label: 'Note to them' },
    button: 'Withdraw',
    done: 'It has ended as cancelled. Whoever was asked is told.',
  },
  freeze: {
    of: 'freezes',
    title: 'Freeze it in an emergency',
    says: 'Nothing more of it is executed, whoever is asked is asked no more, and operators are asked to end it by hand. Nothing thaws.',
    note: { label: 'Why', required: true },
    button: 'Freeze',
    done: 'Nothing more of it is executed; a call that is already out is settled. Operators are asked now to end it by hand.',
  },
};

/** What was sent and refused. */
export interface RefusedMove {
  move: Move;
  note: string;
  message: string;
}

/** A page of a task with the forms of whatever else is this person's to do. */
export const withMoves = (whole: string, part: Part, refused?: RefusedMove): string =>
  withMore(whole, html`${moves.filter((move) => part[words[move].of]).map((move) => form(move, refused))}`);

function form(move: Move, refused: RefusedMove | undefined): Html {
  const { title, says, note, button } = words[move];
  const given = refused?.move === move ? refused : undefined;
  return html`<section aria-labelledby="${move}"><h2 id="${move}">${title}</h2>
<details ${raw(given ? 'open' : '')}><summary>${button}</summary>
<form method="post" autocomplete="off">
<input type="hidden" name="action" value="${exactly(move)}">
<p>${says}</p>${note ? noteField(move, note, given) : ''}
<p><button type="submit">${button}</button></p>
<p class="note">The record names you.</p>
</form></details></section>`;
}

function noteField(move: Move, { label, required }: NonNullable<Words['note']>, given: RefusedMove | undefined): Html {
  const id = `${move}-note`;
  const error = given ? html`<p class="error" id="${id}-error" role="alert">${given.message}</p>` : '';
  const marks = given ? html`${raw('autofocus aria-invalid="true"')} aria-describedby="${id}-error"` : '';
  return html`<label class="field" for="${id}">${label}${required ? '' : html` <span class="note">(optional)</span>`}</label>${error}
<textarea id="${id}" name="note" maxlength="${maxCommentLength}" ${raw(required ? 'required' : '')} ${marks}>${exactly(given?.note ?? '')}</textarea>`;
}

/** After a move by which this person is not asked. */
export const movedPage = (move: Move): string =>
  page(html`<h1>Done</h1><section><p>${words[move].done} <a href="/inbox">To your inbox</a></p></section>`);

/** `holdpoint completion`: scripts for shells, made from the commands as they are. */

import { Argument, type Command } from 'commander';

interface Word {
  word: string;
  says: string;
}

/** What may come after a command: `path` is its words, `''` for the program itself. */
interface Place {
  path: string;
  commands: Word[];
  options: (Word & { takesValue: boolean })[];
  /** Arguments that are one of a few words. */
  choices: string[];
}

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
bash: source <(holdpoint completion bash)
zsh:  holdpoint completion zsh > "\${fpath[1]}/_holdpoint"
fish: holdpoint completion fish > ~/.config/fish/completions/holdpoint.fish`,
    )
    .action((shell: keyof typeof scripts) => void process.stdout.write(scripts[shell](placesOf(program))));
}

function placesOf(command: Command, path: string[] = []): Place[] {
  const { commands, options, registeredArguments } = command;
  const here: Place = {
    path: path.join(' '),
    commands: commands.map((one) => ({ word: one.name(), says: one.description() })),
    options: options
      .filter(({ hidden }) => !hidden)
      .map((one) => ({
        word: one.long ?? one.short ?? '',
        says: one.description,
        takesValue: one.required || one.optional,
      })),
    choices: registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
  here.options.push({ word: '--help', says: 'display help for command', takesValue: false });
  return [here, ...commands.flatMap((one) => placesOf(one, [...path, one.name()]))];
}

/** As every one of these shells takes it. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const paths = (places: Place[]): string[] => places.map(({ path }) => path).filter((path) => path !== '');

const bash = (places: Place[]): string => `# holdpoint, bash: source <(holdpoint completion bash)
_holdpoint() {
  local at='' next words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths(places).map(quoted).join(' | ')}) at="$next" ;;
    esac
  done
  case "$at" in
${places
  .map(({ path, commands, options, choices }) => {
    const words = [...commands, ...options].map(({ word }) => word);
    return `    ${quoted(path)}) words=${quoted([...words, ...choices].join(' '))} ;;`;
  })
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _holdpoint holdpoint
`;

const described = ({ word, says }: Word): string =>
  quoted(`${word}:${says.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}`);

const zsh = (places: Place[]): string => `#compdef holdpoint
# holdpoint, zsh: holdpoint completion zsh > "\${fpath[1]}/_holdpoint"
_holdpoint() {
  local at='' next
  local -i i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      ${paths(places)
        .map((path) => `(${quoted(path)})`)
        .join(' at="$next" ;;\n      ')} at="$next" ;;
    esac
  done
  case "$at" in
${places
  .map(({ path, commands, options, choices }) => {
    const words = [...commands, ...options, ...choices.map((word) => ({ word, says: '' }))];
    return `    (${quoted(path)}) found=(${words.map(described).join(' ')}) ;;`;
  })
  .join('\n')}
  esac
  _describe 'holdpoint' found || _files
}
if [ "$funcstack[1]" = "_holdpoint" ]; then _holdpoint "$@"; else compdef _holdpoint holdpoint; fi
`;

const fish = (
  places: Place[],
): string => `# holdpoint, fish: holdpoint completion fish > ~/.config/fish/completions/holdpoint.fish
function __holdpoint_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$at $word")
    if contains -- $next ${paths(places).map(quoted).join(' ')}
      set at $next
    end
  end
  test "$at" = "$argv"
end
${places
  .flatMap(({ path, commands, options, choices }) => {
    const at = `complete -c holdpoint -n ${quoted(`__holdpoint_at ${path === '' ? '""' : path}`)}`;
    return [
      ...commands.map(({ word, says }) => `${at} -f -a ${word} -d ${fishQuoted(says)}`),
      ...choices.map((word) => `${at} -f -a ${word}`),
      ...options.map(
        ({ word, says, takesValue }) =>
          `${at} -l ${word.replace(/^--/, '')} -d ${fishQuoted(says)}${takesValue ? ' -r' : ''}`,
      ),
    ];
  })
  .join('\n')}
`;

/** Within fish's single quotes a backslash escapes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const scripts = { bash, zsh, fish };

/** `tiercel completion`: a script that teaches a shell the commands and their options. */
import { exitCodes, readOptions, UsageError, type Command, type Commands } from "./command.ts";

const shells = ["bash", "zsh"] as const;

/** `--name` words of a command, and those among them that take a value. */
async function words(
  commands: Commands,
): Promise<Map<string, { names: string[]; values: Map<string, readonly string[]> }>> {
  const result = new Map<string, { names: string[]; values: Map<string, readonly string[]> }>();
  for (const [name, load] of Object.entries(commands)) {
    const { options = {} } = (await load()).command;
    const names = ["--help"];
    const values = new Map<string, readonly string[]>();
    for (const [option, row] of Object.entries(options)) {
      names.push(`--${option}`);
      if (row.values === undefined) continue;
      values.set(`--${option}`, row.values);
      if (row.short !== undefined) values.set(`-${row.short}`, row.values);
    }
    result.set(name, { names, values });
  }
  return result;
}

/** A bash function; zsh runs the same one through bashcompinit. Files complete wherever nothing else fits. */
async function bashScript(commands: Commands): Promise<string> {
  const all = await words(commands);
  const valueCases: string[] = [];
  const optionCases: string[] = [];
  for (const [name, { names, values }] of all) {
    for (const [option, allowed] of values)
      valueCases.push(
        `    "${name} ${option}") COMPREPLY=($(compgen -W "${allowed.join(" ")}" -- "$word")); return ;;`,
      );
    optionCases.push(`    ${name}) offered="${names.join(" ")}" ;;`);
  }
  return `# Completion of tiercel. For this shell: source <(tiercel completion bash)
_tiercel() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} offered=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${["help", ...all.keys()].join(" ")}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $before" in
${valueCases.join("\n")}
    "completion completion") COMPREPLY=($(compgen -W "${shells.join(" ")}" -- "$word")); return ;;
    "help help") COMPREPLY=($(compgen -W "${[...all.keys()].join(" ")}" -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${optionCases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$offered" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _tiercel tiercel
`;
}

export const command: Command = {
  name: "completion",
  summary: "Print a shell completion script (bash, zsh)",
  help: `Print a script that completes commands, options and their values.

Usage:
  tiercel completion bash|zsh

Examples:
  source <(tiercel completion bash)
  tiercel completion zsh >"\${fpath[1]}/_tiercel"`,
  async run(args, commands) {
    const { operands } = readOptions(args, {});
    const shell = operands[0];
    if (operands.length !== 1 || (shell !== "bash" && shell !== "zsh"))
      throw new UsageError(`completion needs one shell: ${shells.join(" or ")}`);
    const script = await bashScript(commands);
    process.stdout.write(
      shell === "bash" ? script : `#compdef tiercel\nautoload -U +X bashcompinit && bashcompinit\n${script}`,
    );
    return exitCodes.fine;
  },
};

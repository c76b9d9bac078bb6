/** The command line: `tiercel COMMAND …`. Finds the command, prints help and usage mistakes. */
import { commands } from "./cli/commands.ts";
import { exitCodes, UsageError, type Command } from "./cli/command.ts";
import { didYouMean } from "./cli/suggest.ts";

async function overview(): Promise<string> {
  const lines: string[] = [];
  for (const load of Object.values(commands)) {
    const { command } = await load();
    lines.push(`  ${command.name.padEnd(12)} ${command.summary}`);
  }
  return `Tiercel watches system calls, matches them against Falco rules and raises alerts.

Usage:
  tiercel COMMAND [OPTIONS]

Commands:
${lines.join("\n")}

Examples:
  tiercel agent --rules my-rules.yaml       watch this host with these rules
  tiercel validate my-rules.yaml            check rules without a kernel
  tiercel record now.trec --seconds 60      keep what happens, to try rules on it with tiercel replay

\`tiercel COMMAND --help\` says more about one of them.`;
}

async function find(name: string): Promise<Command> {
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load !== undefined) return (await load()).command;
  throw new UsageError(
    name.startsWith("-")
      ? `unknown option ${name}; options stand behind the command`
      : `unknown command ${name}${didYouMean(name, Object.keys(commands))}`,
  );
}

/** Whether help is asked for: `--help` or `-h` before any `--`. */
function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** A reader that left (`tiercel fields | head`) is no error. */
function endWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.fine);
    throw error;
  });
}

async function run(words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  if (name === undefined || name === "--help" || name === "-h" || (name === "help" && args.length === 0)) {
    console.log(await overview());
    return exitCodes.fine;
  }
  if (name === "help") {
    console.log((await find(args[0]!)).help);
    return exitCodes.fine;
  }
  if (name === "--version") return (await find("version")).run(args, commands);
  const command = await find(name);
  if (command.ownsStdout !== true) endWhenNobodyReads();
  if (wantsHelp(args)) {
    console.log(command.help);
    return exitCodes.fine;
  }
  return command.run(args, commands);
}

const words = process.argv.slice(2);
try {
  process.exitCode = await run(words);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  const known = words[0] !== undefined && Object.hasOwn(commands, words[0]) ? ` ${words[0]}` : "";
  console.error(`tiercel${known}: ${error.message}\nSee \`tiercel${known} --help\`.`);
  process.exitCode = exitCodes.usage;
}

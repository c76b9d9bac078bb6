/** What people set: settings, rules, ports. Pure. */
import type { Facts, PortFacts, RulesFacts, SettingsFacts } from "./facts.ts";
import { failure, ok, warning, type Finding } from "./finding.ts";

const STARTS_NOT = "the agent does not start";

/** Everything about settings and rules. */
export function judgeSettings({ settings, rules, ports }: Facts): Finding[] {
  return [
    ...judgeFiles(settings),
    ...(rules === undefined ? [] : judgeRules(rules)),
    ...ports.map(judgePort),
  ];
}

function judgeFiles({ files, mistakes, warnings }: SettingsFacts): Finding[] {
  const wrong = mistakes.map((text) =>
    failure("settings", text, STARTS_NOT, "mend the settings (docs/settings.md has every key)"),
  );
  const odd = warnings.map((text) =>
    warning("settings", text, "the setting does not do what it seems to", "see docs/settings.md"),
  );
  if (wrong.length > 0) return [...wrong, ...odd];
  return [ok("settings", `the settings are valid (${files.join(", ")})`), ...odd];
}

function judgeRules({ files, rules, mistakes, warnings }: RulesFacts): Finding[] {
  const odd = warnings.map((text) =>
    warning("rules", text, "a rule may not do what it seems to", "see `tiercel validate`"),
  );
  if (mistakes !== "")
    return [
      failure("rules", mistakes, STARTS_NOT, "mend the rules (`tiercel validate` shows all of it)"),
      ...odd,
    ];
  const counts = `${rules} rule${rules === 1 ? "" : "s"} of ${files} file${files === 1 ? "" : "s"}`;
  if (rules > 0) return [ok("rules", `${counts} load`), ...odd];
  const costs = "the agent raises no alert";
  return [
    warning("rules", `${counts} are in force`, costs, "check `rules` and `priority` of the settings"),
    ...odd,
  ];
}

function judgePort({ name, setting, without, address, port, set, error }: PortFacts): Finding {
  const where = `${address} port ${port}`;
  if (error === undefined) return ok("port", `${name} can listen on ${where}`);
  const message = `${name} cannot listen on ${where}: ${error}`;
  if (error !== "EADDRINUSE" || set || without === undefined)
    return failure("port", message, STARTS_NOT, `choose another ${setting}`);
  return warning(
    "port",
    `${message} (another agent, if one runs)`,
    `the agent runs on without ${without}`,
    `choose another ${setting}, or switch it off by ${name}.enabled`,
  );
}

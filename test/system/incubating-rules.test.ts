/** Each public incubating rule for real. */
import { incubatingCases } from "./support/incubating-rule-cases.ts";
import { describePublicRules } from "./support/public-rules.ts";

describePublicRules({
  title: "public incubating rules",
  file: "falco-incubating_rules.yaml",
  cases: incubatingCases,
  table: "incubating-rules.md",
  own: "- list: namespace_scope_network_only_subnet\n  items: [shop]\n  override: {items: append}\n",
});

/** Names of Falco that docs/migration-from-falco.md must have: facts of Falco 0.44 and of its chart 9. */

/** Flags of the command line, those with a short form by it. */
export const falcoFlags: readonly string[] = [
  ..."-c -r -o -V -i -L -l -M -p -P -U -v -h".split(" "),
  ..."--dry-run --list --list-events --version --support --config-schema --rule-schema".split(" "),
  ..."--enable-source --disable-source --list-plugins --plugin-info --page-size".split(" "),
];

/** Top-level values of the chart `falco`. */
export const falcoChartValues: readonly string[] = [
  ..."image imagePullSecrets nameOverride fullnameOverride namespaceOverride podAnnotations podLabels".split(
    " ",
  ),
  ..."serviceAccount rbac podPriorityClassName podSecurityContext containerSecurityContext scc resources".split(
    " ",
  ),
  ..."nodeSelector affinity tolerations healthChecks tty controller services metrics mounts driver".split(
    " ",
  ),
  ..."collectors extra podHostname falcoHostnameEnv certs customRules falcosidekick responseActions".split(
    " ",
  ),
  ..."falco-talon falcoctl serviceMonitor grafana falco".split(" "),
];

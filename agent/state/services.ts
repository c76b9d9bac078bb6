/** Names of ports, from the text of /etc/services. Pure. */

/** Service names by "port/protocol"; of several lines for a port the first counts (services(5)). */
export function parseServices(text: string): Map<string, string> {
  const services = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name, port] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (name === undefined || port === undefined || !/^[0-9]{1,5}\/[a-z]+$/.test(port)) continue;
    if (!services.has(port)) services.set(port, name);
  }
  return services;
}

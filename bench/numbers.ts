/** Statistics of a few runs. Pure. */

/** The middle value; of an even number the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the share `share` of the values lies, between neighbours in proportion. NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  return low === undefined || high === undefined ? Number.NaN : low + (high - low) * (at - Math.floor(at));
}

/** A table in Markdown, columns padded; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const right = head.map((_, column) => rows.every((row) => /^×?\d[\d,.]*( .*)?$/.test(row[column] ?? "")));
  const line = (row: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const text = row[column] ?? "";
        return right[column] === true ? text.padStart(width) : text.padEnd(width);
      })
      .join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (right[column] === true ? `${"-".repeat(Math.max(0, width - 1))}:` : "-".repeat(width))).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** 1234567 as 1,234,567. */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

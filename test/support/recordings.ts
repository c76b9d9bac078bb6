/** Recordings made by hand, for tests without a kernel. */
import { closeSync, openSync } from "node:fs";
import { factsNow, type RecordedFacts } from "../../agent/cli/recording/recorded.ts";
import { defaultSettings } from "../../agent/cli/settings/check.ts";
import type { Settings } from "../../agent/cli/settings/schema.ts";
import { Chunks } from "../../agent/sources/recording/chunks.ts";
import { RecordingFile } from "../../agent/sources/recording/file.ts";

export const madeFacts = (settings: Partial<Settings> = {}): RecordedFacts => ({
  ...factsNow({ ...defaultSettings(), ...settings }, "made-node"),
  timeZone: "UTC",
  architecture: "x64",
  bootTime: 1_767_225_600_000_000_000n,
  nodeRoot: "",
});

/** Writes a recording to `path`; `fill` is given the capture thread's side of it. */
export function writeRecording(path: string, facts: unknown, fill: (chunks: Chunks) => void): void {
  const fd = openSync(path, "w");
  const file = new RecordingFile({ fd, limit: 1 << 30, onFull: () => {} });
  file.begin(facts);
  const chunks: Chunks = new Chunks({
    post: (chunk) => {
      file.chunk(chunk);
      chunks.giveBack(chunk.bytes, chunk.values.length);
    },
  });
  fill(chunks);
  chunks.flush();
  file.end({ reason: "stopped", lost: chunks.lost });
  closeSync(fd);
}

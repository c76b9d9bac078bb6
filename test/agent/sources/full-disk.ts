/** Fills a disk with a recording and says what became of it: run by recording.test.ts in a mount namespace. */
import { openSync, statSync } from "node:fs";
import { Chunks } from "../../../agent/sources/recording/chunks.ts";
import { RecordingFile } from "../../../agent/sources/recording/file.ts";
import { Recording } from "../../../agent/sources/recording/read.ts";
import { record } from "../state/records.ts";

const path = process.argv[2]!;
const writer = new RecordingFile({ fd: openSync(path, "w"), limit: 1 << 30, onFull: () => {} });
writer.begin({});
const chunks: Chunks = new Chunks({
  post: (chunk) => {
    writer.chunk(chunk);
    chunks.giveBack(chunk.bytes, chunk.values.length);
  },
});
for (let i = 0; i < 200; i++) {
  const noise = Buffer.from(Array.from({ length: 1000 }, () => Math.random() * 256)).toString("latin1");
  chunks.record(record("openat", { pid: 1 }, { 1: noise }));
  chunks.flush();
}
const { full, records, bytes } = writer.end({ reason: "stopped" });
const items = Recording.open(path).items();
let read = 0;
let next = items.next();
for (; next.done !== true; next = items.next()) if (next.value.kind === "record") read++;
const broken = next.value.broken?.reason ?? "";
console.log(JSON.stringify({ full, records, read, broken, bytes, size: statSync(path).size }));

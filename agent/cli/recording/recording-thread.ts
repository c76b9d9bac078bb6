/** Entry of the thread that writes a recording: the disk may take its time here, and only here. */
import { parentPort, workerData } from "node:worker_threads";
import { RecordingFile } from "../../sources/recording/file.ts";
import type {
  FromRecording,
  FromSession,
  RecordingThreadData,
  ToRecording,
  ToSession,
} from "./recording-messages.ts";

const { fd, limit, facts, session } = workerData as RecordingThreadData;
const post = (message: FromRecording) => parentPort!.postMessage(message);
const file = new RecordingFile({ fd, limit, onFull: (reason) => post({ kind: "full", reason }) });
let reason = "stopped";

session.on("message", (message: FromSession) => {
  switch (message.kind) {
    case "begin":
      file.begin({ ...facts, ...message.machine });
      return;
    case "chunk": {
      const { chunk } = message;
      file.chunk(chunk);
      const back: ToSession = { bytes: chunk.bytes, values: chunk.values.length };
      session.postMessage(back, chunk.bytes === undefined ? [] : [chunk.bytes]);
      return;
    }
    case "end":
      post({ kind: "written", written: file.end({ reason, lost: message.lost }) });
      session.close();
      parentPort!.close();
  }
});
parentPort!.on("message", (message: ToRecording) => (reason = message.reason));

/** Takes alerts over HTTP and writes each as a line of a file: receiver-program.js ADDRESS PORT FILE. */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

const [address = "", port = "", file = ""] = process.argv.slice(2);
createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    // Written before it is acknowledged: what the sender counts as delivered stands in the file.
    appendFileSync(file, `${Buffer.concat(parts).toString("utf8").trimEnd()}\n`);
    response.end();
  });
}).listen(Number(port), address);

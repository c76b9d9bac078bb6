/** Which fields exist on which events: fields.md 12b, as engine 0.62 showed it on a recorded trace. */
import assert from "node:assert/strict";
import { parseAddress } from "../../../agent/events/addresses.ts";
import { encodeRecord, viewOf } from "../../../agent/events/encode.ts";
import { parts, socketFactFlags, socketRoles } from "../../../agent/events/record.ts";
import { catalogue, context, exists, read } from "./fixture.ts";

const v4 = (text: string) => parseAddress(text)!;
const opened = (ret: number) =>
  context({
    event: "open",
    header: { ret },
    ...(ret < 0 ? {} : { file: { mode: 0o100644, ino: 5 } }),
    parts: new Map<number, string | number>([
      [0, "/etc/x"],
      [1, 0],
      [2, 0],
      ...(ret < 0 ? [] : [[parts.REALPATH, "/etc/x"] as const]),
    ]),
  });
const generic = context({ event: "read" });
const genericBytes = encodeRecord({ type: catalogue.events.codes("rt_sigaction")![0]! });

const columns = {
  open: opened(3),
  failed: opened(-2),
  unix: context({
    event: "connect",
    socket: { family: 1, socket_family: 1, type: 1 },
    parts: new Map([[1, 4]]),
  }),
  ip: context({
    event: "connect",
    parts: new Map([[1, 4]]),
    socket: {
      family: 2,
      socket_family: 2,
      type: 1,
      role: socketRoles.CLIENT,
      flags: socketFactFlags.CONNECTED,
      local_address: v4("10.0.0.1"),
      local_port: 1,
      remote_address: v4("10.0.0.2"),
      remote_port: 2,
    },
  }),
  execve: context({ event: "execve" }),
  mmap: context({ event: "mmap", header: { ret: 140353482313728n }, parts: new Map([[7, -1]]) }),
  brk: context({ event: "brk", header: { ret: 4096 } }),
  generic: { ...generic, record: viewOf(genericBytes) },
  switch: context({ event: "switch" }),
  procexit: context({ event: "procexit" }),
};
type Column = keyof typeof columns;
const all = Object.keys(columns) as Column[];

// prettier-ignore
const rows: [fields: string, on: readonly Column[]][] = [
  ["evt.num evt.time evt.time.s evt.time.iso8601 evt.datetime evt.datetime.s evt.rawtime evt.rawtime.s evt.rawtime.ns evt.reltime evt.reltime.s evt.reltime.ns evt.source evt.is_async evt.hostname evt.deltatime evt.deltatime.s evt.deltatime.ns evt.type evt.type.is.open evt.category evt.cpu evt.args evt.info evt.is_io evt.is_io_read evt.is_io_write evt.is_wait evt.is_syslog evt.count evt.is_open_read evt.is_open_write evt.is_open_exec evt.is_open_create", all],
  ["evt.pluginname evt.plugininfo evt.asynctype evt.buffer evt.buflen evt.io_dir evt.abspath fs.path.source fs.path.sourceraw fs.path.target fs.path.targetraw", []],
  ["syscall.type evt.count.exit", ["open", "failed", "unix", "ip", "execve", "mmap", "brk", "generic"]],
  ["evt.arg.res evt.rawarg.res", ["unix", "ip", "execve", "mmap", "brk"]],
  ["evt.res evt.rawres evt.failed evt.count.error", ["open", "failed", "unix", "ip", "execve", "mmap", "brk"]],
  ["evt.count.error.file fs.path.name fs.path.nameraw", ["open", "failed"]],
  ["evt.count.error.net fd.sockfamily", ["unix", "ip"]],
  ["evt.count.error.memory", ["mmap", "brk"]],
  ["evt.count.error.other", ["execve"]],
  ["fd.num fd.typechar fd.name fd.uid fd.containername fd.nameraw", ["open", "failed", "unix", "ip", "mmap"]],
  // Ours knows the event's own descriptor, not the process's table of them.
  ["fd.types", ["open", "unix", "ip"]],
  ["fd.type fd.ip fd.port fd.l4proto fd.is_server fd.proto fd.net fd.connected fd.name_changed fd.cip.name fd.sip.name fd.lip.name fd.rip.name fd.dev fd.dev.major fd.dev.minor fd.ino fd.is_upper_layer fd.is_lower_layer", ["open", "unix", "ip"]],
  ["fd.directory fd.containerdirectory", ["open", "failed", "mmap"]],
  ["fd.filename fd.realpath fd.fspath fd.nlink", ["open"]],
  ["fd.cip fd.sip fd.lip fd.rip fd.cport fd.sport fd.lport fd.rport fd.cproto fd.sproto fd.lproto fd.rproto fd.cnet fd.snet fd.lnet fd.rnet", ["ip"]],
  ["proc.name proc.exe proc.args proc.cmdline proc.cwd proc.tty proc.env[X] thread.cap_effective user.name user.loginuid group.name container.id container.image.repository", all],
];

describe("presence of fields", () => {
  for (const [fields, on] of rows)
    for (const field of fields.split(" "))
      it(`${field} exists on ${on.length === all.length ? "all events" : on.join(", ") || "none of them"}`, () => {
        assert.deepEqual(
          all.filter((column) => exists(field, columns[column])),
          on,
        );
      });

  it("a mapping without a file has descriptor -1, no name, folder / and an unknown type", () => {
    const c = columns.mmap;
    for (const [field, want] of [
      ["fd.num", -1],
      ["fd.name", ""],
      ["fd.directory", "/"],
      ["fd.typechar", "o"],
    ] as const)
      assert.equal(read(field, c), want, field);
  });
});

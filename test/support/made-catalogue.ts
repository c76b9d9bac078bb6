/**
 * A small catalogue and its readers, for tests of the language alone. An event is a table from field text to value; what
 * is not in it is missing.
 */
import type {
  Catalogue,
  EventCatalogue,
  FieldInfo,
  FieldProblem,
  FieldReaders,
} from "../../agent/rules/catalogue.ts";
import type { FieldType, FieldUse, Quantifier, SourceCatalogue, Value } from "../../agent/rules/catalogue.ts";

export type MadeEvent = Readonly<Record<string, Value>>;

type Row = Partial<FieldInfo> & {
  readonly quantifier?: Quantifier;
  readonly needs?: "index" | "key" | "name" | "dot";
};

const ancestors: Row = {
  argument: "optional",
  argumentKind: "index",
  quantifier: "any",
  noTransformer: true,
  noRightHandSide: true,
};
const bothEnds: Row = { quantifier: "either", noTransformer: true, noRightHandSide: true, filterOnly: true };
const oneNet: Row = { noTransformer: true, noRightHandSide: true, filterOnly: true };

const rows: Readonly<Record<string, readonly [FieldType, Row?]>> = {
  "evt.num": ["UINT64"],
  "evt.type": ["CHARBUF"],
  "evt.type.is": ["UINT32", { argument: "required", argumentKind: "dot", filterOnly: true }],
  "syscall.type": ["CHARBUF"],
  "evt.dir": ["CHARBUF", { deprecated: true }],
  "evt.time": ["CHARBUF"],
  "evt.datetime.s": ["CHARBUF"],
  "evt.outputtime": ["CHARBUF", { printOnly: true }],
  "evt.rawtime": ["ABSTIME"],
  "evt.reltime.ns": ["RELTIME", { format: "ns9" }],
  "evt.around": ["UINT64", { argument: "required", argumentKind: "key", filterOnly: true, ...oneNet }],
  "evt.arg": ["CHARBUF", { argument: "required", argumentKind: "name" }],
  "evt.rawarg": [
    "DYN",
    { argument: "required", argumentKind: "name", noTransformer: true, noRightHandSide: true },
  ],
  "evt.res": ["CHARBUF"],
  "evt.rawres": ["INT64"],
  "evt.failed": ["BOOL"],
  "evt.cpu": ["INT16"],
  "evt.buffer": ["BYTEBUF"],
  "evt.count": ["UINT32"],
  "proc.name": ["CHARBUF"],
  "proc.pname": ["CHARBUF"],
  "proc.exepath": ["FSPATH"],
  "proc.cmdline": ["CHARBUF"],
  "proc.args": ["CHARBUF", { argument: "optional", argumentKind: "index" }],
  "proc.env": ["CHARBUF", { argument: "optional", argumentKind: "key" }],
  "proc.pid": ["INT64"],
  "proc.ppid": ["INT64"],
  "proc.duration": ["RELTIME"],
  "proc.fdusage": ["DOUBLE"],
  "proc.aname": ["CHARBUF", ancestors],
  "proc.apid": ["INT64", ancestors],
  "user.uid": ["UINT32"],
  "user.name": ["CHARBUF"],
  "fd.num": ["INT64"],
  "fd.name": ["CHARBUF"],
  "fd.typechar": ["CHARBUF"],
  "fd.types": ["CHARBUF", { list: true, argument: "optional", argumentKind: "index", noRightHandSide: true }],
  "fd.dev": ["INT32", { format: "hex" }],
  "fd.ip": ["IPADDR", bothEnds],
  "fd.cip": ["IPADDR"],
  "fd.sip": ["IPADDR"],
  "fd.port": ["PORT", bothEnds],
  "fd.sport": ["PORT"],
  "fd.cport": ["PORT"],
  "fd.net": ["IPNET", bothEnds],
  "fd.snet": ["IPNET", oneNet],
  "container.id": ["CHARBUF"],
  "container.healthcheck": ["CHARBUF", { neverSet: "nothing sets it any more" }],
  "k8s.pod.label": ["CHARBUF", { argument: "required", argumentKind: "key" }],
  "ka.verb": ["CHARBUF"],
  "ka.images": ["CHARBUF", { list: true, argument: "optional", argumentKind: "index" }],
  "ka.numbers": ["UINT64", { list: true }],
  "ka.flags": ["BOOL", { list: true }],
  "ka.nets": ["IPNET", { list: true }],
  "ka.doubles": ["DOUBLE", { list: true }],
  "jevt.value": ["CHARBUF", { argument: "required", argumentKind: "key" }],
};

/** Types and formats of raw arguments. */
const rawArguments: Readonly<Record<string, readonly [FieldType, FieldUse["format"]?]>> = {
  fd: ["FD"],
  flags: ["FLAGS32", "hex"],
  mode: ["MODE", "oct"],
  uid: ["UINT32"],
  ruid: ["UID"],
  small: ["UINT8"],
  proto: ["L4PROTO"],
};
const argumentNames = ["fd", "flags", "mode", "path", "name", "uid", "res"];

const infos = Object.entries(rows).map(([name, [type, row]]): FieldInfo => {
  return { name, type, list: false, argument: "none", help: name, ...row };
});

function problem(message: string, ...suggestions: string[]): FieldProblem {
  return { message, suggestions };
}

function resolve(name: string, argument?: string): FieldUse | FieldProblem {
  const text = argument === undefined ? name : `${name}[${argument}]`;
  const nonexistent = problem(`filter_check called with nonexistent field ${text}`);
  const prefix = infos
    .filter((info) => name.startsWith(info.name))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (prefix === undefined) return nonexistent;
  const rest = name.slice(prefix.name.length);
  const dotted = rest.startsWith(".") && (prefix.argumentKind === "name" || prefix.argumentKind === "dot");
  if (rest !== "" && !dotted)
    return prefix.name === "k8s.pod.label" && rest.startsWith(".")
      ? problem("k8s.pod.label requires an argument but none provided", `k8s.pod.label[${rest.slice(1)}]`)
      : nonexistent;
  const given = dotted ? rest.slice(1) : argument;
  if (given !== undefined && prefix.argument === "none") return nonexistent;
  if (given === undefined && prefix.argument === "required") return problem(`filter syntax error: ${text}`);
  if (given !== undefined && prefix.argumentKind === "index" && !/^-?\d+$/.test(given)) return nonexistent;
  if (
    dotted &&
    prefix.argumentKind === "name" &&
    !argumentNames.includes(given!) &&
    !(given! in rawArguments)
  )
    return problem(`unknown event argument ${given}`);
  const [type, format] = (prefix.name === "evt.rawarg" && rawArguments[given!]) || [
    prefix.type,
    prefix.format,
  ];
  const quantifier = given === undefined ? (rows[prefix.name]![1]?.quantifier ?? "none") : "none";
  return {
    text,
    name: prefix.name,
    ...(given !== undefined && { argument: given }),
    type,
    list: prefix.list,
    quantifier,
    ...(format && { format }),
  };
}

/** Fields of the made source `syscall`. */
export const madeSource: SourceCatalogue = {
  name: "syscall",
  fields: infos,
  resolve,
  info: (use) => infos.find((info) => info.name === use.name)!,
};

/** Codes 0 … 199; some names, `socket` with two codes. */
export const madeEvents: EventCatalogue = (() => {
  const names = [
    "open",
    "openat",
    "openat2",
    "close",
    "execve",
    "connect",
    "read",
    "write",
    "socket",
    "socket",
  ];
  const all = Array.from({ length: 200 }, (_, code) => names[code] ?? `call${code}`);
  return {
    size: all.length,
    codes: (name) => {
      const codes = [...all.keys()].filter((code) => all[code] === name);
      return codes.length > 0 ? codes : undefined;
    },
    name: (code) => all[code]!,
    captured: () => true,
    names: [...new Set(all)],
  };
})();

export const madeCatalogue: Catalogue = {
  engineVersion: [0, 63, 0],
  plugins: new Map(),
  sources: new Map([["syscall", madeSource]]),
  events: madeEvents,
  servicePort: (name) => ({ https: 443, ssh: 22 })[name],
};

/** Reads the event's table; a field exists where it has a value, and fd.* of both ends on every descriptor. */
export const madeReaders: FieldReaders<MadeEvent> = {
  reader:
    ({ text }) =>
    (event) =>
      event[text],
  exists: ({ text, quantifier }) =>
    quantifier === "either" ? (event) => event["fd.num"] !== undefined : (event) => event[text] !== undefined,
};

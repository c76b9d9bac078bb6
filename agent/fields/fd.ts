/** fd.*: what the event's descriptor leads to. Present on events that create, use or destroy one. */
import { events } from "../events/table.ts";
import { addressNames, either, endpoint, serviceName, type End } from "./fd-endpoints.ts";
import {
  connected,
  descriptor,
  device,
  devicePart,
  fileSystemPath,
  isKnown,
  inode,
  isServer,
  l4proto,
  links,
  nameChanged,
  onLayer,
  realPath,
  socketFamily,
  type as typeName,
  typeCharacter,
  types,
} from "./fd-facts.ts";
import { containerOf, directory, filename, name, rawName } from "./fd-names.ts";
import { field, fieldOf, type Field } from "./field.ts";

const presentOn: readonly string[] = events
  .filter((event) => /[CDU]/.test(event.fd))
  .map((event) => event.name);
const facts = { presentOn } as const;
/** Both ends are compared; nothing to print; exists says no more than that there is a descriptor. */
const either2 = {
  presentOn,
  quantifier: "either",
  exists: isKnown,
  filterOnly: true,
  noTransformer: true,
  noRightHandSide: true,
} as const;
const filterOnly = { presentOn, filterOnly: true, noTransformer: true, noRightHandSide: true } as const;
/** Compared with the names of rules that DNS resolved to the address. */
const named = {
  presentOn,
  quantifier: "either",
  exists: isKnown,
  noTransformer: true,
  noRightHandSide: true,
} as const;

function dnsName(address: string, end: End, help: string): Field {
  return field(
    `fd.${address}.name`,
    "CHARBUF",
    help,
    `fd.${address}.name = example.com`,
    addressNames([end]),
    named,
  );
}

// prettier-ignore
export const fdFields: readonly Field[] = [
  field("fd.num", "INT64", "Number of the descriptor; -1 where the call that should have made it failed.", "fd.num >= 0", descriptor, facts),
  field("fd.type", "CHARBUF", "Type: file, directory, ipv4, ipv6, unix, pipe, event, memfd, pidfd and others.", "fd.type = file", typeName, facts),
  field("fd.typechar", "CHARBUF", "Type as one letter: f file, d directory, 4 and 6 internet sockets, u unix, p pipe, m memfd, o other.", "fd.typechar = f", typeCharacter, facts),
  field("fd.name", "CHARBUF", "Absolute path of a file, or the addresses of a socket.", "fd.name startswith /etc/", name, facts),
  field("fd.directory", "CHARBUF", "Folder that the file lies in; of a folder, itself.", "fd.directory = /etc", directory, facts),
  field("fd.filename", "CHARBUF", "Last part of the file's path.", "fd.filename = passwd", filename, facts),
  field("fd.ip", "IPADDR", "Address of either end.", 'fd.ip = "127.0.0.1"', either("address"), either2),
  field("fd.cip", "IPADDR", "Address of the client.", "fd.cip = 10.0.0.1", endpoint("client", "address"), facts),
  field("fd.sip", "IPADDR", "Address of the server, also of a listening socket.", "fd.sip = 10.0.0.1", endpoint("server", "address"), facts),
  field("fd.lip", "IPADDR", "Address of this end.", "fd.lip = 10.0.0.1", endpoint("local", "address"), facts),
  field("fd.rip", "IPADDR", "Address of the other end.", "fd.rip = 10.0.0.1", endpoint("remote", "address"), facts),
  field("fd.port", "PORT", "Port of either end.", "fd.port = 443", either("port"), either2),
  field("fd.cport", "PORT", "Port of the client.", "fd.cport > 1024", endpoint("client", "port"), facts),
  field("fd.sport", "PORT", "Port of the server, also of a listening socket.", "fd.sport = 443", endpoint("server", "port"), facts),
  field("fd.lport", "PORT", "Port of this end.", "fd.lport = 443", endpoint("local", "port"), facts),
  field("fd.rport", "PORT", "Port of the other end.", "fd.rport = 443", endpoint("remote", "port"), facts),
  field("fd.l4proto", "CHARBUF", "tcp, udp, icmp or raw; <NA> for what is no internet socket.", "fd.l4proto = tcp", l4proto, facts),
  field("fd.sockfamily", "CHARBUF", "ip or unix; missing for what is no socket.", "fd.sockfamily = ip", socketFamily, facts),
  field("fd.is_server", "BOOL", "Whether the process is the end that accepted the connection.", "fd.is_server = true", isServer, facts),
  field("fd.uid", "CHARBUF", "Thread id and number of the descriptor, put together.", "fd.uid = 173", (c) => { const fd = descriptor(c); return fd === undefined ? undefined : `${c.record.tid}${fd}`; }, facts),
  field("fd.containername", "CHARBUF", "Container id and fd.name with a colon between them.", 'fd.containername startswith "host:/etc/"', containerOf(name), facts),
  field("fd.containerdirectory", "CHARBUF", "Container id and fd.directory with a colon between them.", 'fd.containerdirectory = "host:/etc"', containerOf(directory), facts),
  field("fd.proto", "PORT", "Service port of either end.", "fd.proto = https", either("port"), either2),
  field("fd.cproto", "CHARBUF", "Service name of the client's port, or its number.", "fd.cproto = https", serviceName("client"), facts),
  field("fd.sproto", "CHARBUF", "Service name of the server's port, or its number.", "fd.sproto = https", serviceName("server"), facts),
  field("fd.lproto", "CHARBUF", "Service name of this end's port, or its number.", "fd.lproto = https", serviceName("local"), facts),
  field("fd.rproto", "CHARBUF", "Service name of the other end's port, or its number.", "fd.rproto = https", serviceName("remote"), facts),
  field("fd.net", "IPNET", "Network that the address of either end is in.", 'fd.net = "10.0.0.0/8"', either("address"), either2),
  field("fd.cnet", "IPNET", "Network of the client's address.", 'fd.cnet = "10.0.0.0/8"', endpoint("client", "address"), filterOnly),
  field("fd.snet", "IPNET", "Network of the server's address.", 'fd.snet = "10.0.0.0/8"', endpoint("server", "address"), filterOnly),
  field("fd.lnet", "IPNET", "Network of this end's address.", 'fd.lnet = "10.0.0.0/8"', endpoint("local", "address"), filterOnly),
  field("fd.rnet", "IPNET", "Network of the other end's address.", 'fd.rnet = "10.0.0.0/8"', endpoint("remote", "address"), filterOnly),
  field("fd.connected", "BOOL", "Whether the socket is connected; false for what is no socket.", "fd.connected = true", connected, facts),
  field("fd.name_changed", "BOOL", "Whether this event changed fd.name, as a datagram to another peer does.", "fd.name_changed = true", nameChanged, facts),
  field("fd.ip.name", "CHARBUF", "DNS name of either end.", "fd.ip.name = example.com", addressNames(["local", "remote"]), { ...named, filterOnly: true }),
  dnsName("cip", "client", "DNS name of the client."),
  dnsName("sip", "server", "DNS name of the server."),
  dnsName("lip", "local", "DNS name of this end."),
  dnsName("rip", "remote", "DNS name of the other end."),
  field("fd.dev", "INT32", "Device number of the file system.", "fd.dev > 0", device, { ...facts, format: "hex" }),
  field("fd.dev.major", "INT32", "Major part of the device number.", "fd.dev.major = 8", devicePart("major"), facts),
  field("fd.dev.minor", "INT32", "Minor part of the device number.", "fd.dev.minor = 1", devicePart("minor"), facts),
  field("fd.ino", "INT64", "Inode; 0 where it is not known.", "fd.ino > 0", inode, facts),
  field("fd.nameraw", "CHARBUF", "Path as the call gave it; empty for what is no file.", 'fd.nameraw startswith "../"', rawName, facts),
  field("fd.realpath", "CHARBUF", "Resolved path of the file that was opened, links followed. Ours, not Falco's.", "fd.realpath startswith /etc/", realPath, facts),
  field("fd.fspath", "CHARBUF", "Path inside the file system, whatever it is mounted on. Ours, not Falco's.", "fd.fspath startswith /etc/", fileSystemPath, facts),
  field("fd.nlink", "UINT64", "Number of hard links to the file. Ours, not Falco's.", "fd.nlink > 1", links, facts),
  fieldOf("fd.types", "CHARBUF", ["optional", "index"], "Types of the descriptors of the event; with an index, of that descriptor.", "fd.types intersects (ipv4)", types, { ...facts, list: true, noRightHandSide: true }),
  field("fd.is_upper_layer", "BOOL", "Whether the file lies in the upper layer of an overlay.", "fd.is_upper_layer = true", onLayer("upper"), facts),
  field("fd.is_lower_layer", "BOOL", "Whether the file lies in a lower layer of an overlay.", "fd.is_lower_layer = true", onLayer("lower"), facts),
];

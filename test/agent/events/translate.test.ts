import assert from "node:assert/strict";
import { constants } from "node:fs";
import { constants as os } from "node:os";
import { errorName, errorNumber, signalName, signalNumber } from "../../../agent/events/errors.ts";
import { flagSets } from "../../../agent/events/flag-sets.ts";
import { syscallName, syscallNumbers } from "../../../agent/events/syscall-names.ts";
import {
  descriptorFlags,
  enumNames,
  flagNames,
  flagValue,
  openFlags,
  openFlagsToAbi,
  toAbi,
  toPortable,
  type FlagSetName,
} from "../../../agent/events/translate.ts";

describe("open flags", () => {
  const {
    O_CREAT,
    O_EXCL,
    O_TRUNC,
    O_APPEND,
    O_NONBLOCK,
    O_DSYNC,
    O_SYNC,
    O_DIRECT,
    O_DIRECTORY,
    O_RDONLY,
    O_WRONLY,
    O_RDWR,
  } = constants;
  const cases: [name: string, abi: number, text: string][] = [
    ["nothing", O_RDONLY, "O_RDONLY"],
    ["write, create, truncate", O_WRONLY | O_CREAT | O_TRUNC, "O_TRUNC|O_CREAT|O_WRONLY"],
    ["read and write", O_RDWR | O_EXCL | O_APPEND, "O_EXCL|O_APPEND|O_RDWR"],
    ["whole synchronisation", O_SYNC | O_NONBLOCK, "O_SYNC|O_NONBLOCK|O_DSYNC|O_RDONLY"],
    ["data synchronisation is not the whole", O_DSYNC, "O_DSYNC|O_RDONLY"],
    ["a folder is no temporary file", O_DIRECTORY | O_DIRECT, "O_DIRECTORY|O_DIRECT|O_RDONLY"],
    ["a temporary file", 0o20000000 | O_DIRECTORY | O_WRONLY, "O_DIRECTORY|O_WRONLY|O_TMPFILE"],
    ["close on exec", 0o2000000, "O_RDONLY|O_CLOEXEC"],
  ];
  for (const [name, abi, text] of cases)
    it(name, () => assert.equal(flagNames("OPEN_FLAGS", openFlags(abi)), text));

  it("come back as they were", () => {
    for (const [, abi] of cases) assert.equal(openFlagsToAbi(openFlags(abi)), abi);
  });
  it("of other descriptors have no access mode", () => {
    assert.equal(flagNames("OPEN_FLAGS", descriptorFlags(0)), "O_NONE");
    assert.equal(flagNames("OPEN_FLAGS", descriptorFlags(0o2000000)), "O_CLOEXEC");
  });
});

describe("portable values", () => {
  const cases: [set: FlagSetName, abi: number, portable: number, name: string][] = [
    ["CLONE_FLAGS", 0x100, 32768, "CLONE_VM"],
    ["CLONE_FLAGS", 0x10000000, 0x100000, "CLONE_NEWUSER"],
    ["CLONE_FLAGS", 0x80000000, 4, "CLONE_IO"],
    ["RESOLVE", 16, 2, "RESOLVE_IN_ROOT"],
    ["RESOLVE", 1, 16, "RESOLVE_NO_XDEV"],
    ["FCHOWNAT_FLAGS", 0x100, 1024, "AT_SYMLINK_NOFOLLOW"],
    ["UNLINKAT_FLAGS", 0x200, 512, "AT_REMOVEDIR"],
    ["LINKAT_FLAGS", 0x400, 1024, "AT_SYMLINK_FOLLOW"],
    ["MOUNT_FLAGS", 4096 | 16384, 4096 | 16384, "BIND|REC"],
    ["UMOUNT_FLAGS", 8, 8, "NOFOLLOW"],
    ["CHMOD_MODE", 0o4001, 0o4001, "S_IXOTH|S_ISUID"],
    ["MEMFD_FLAGS", 2, 2, "MFD_ALLOW_SEALING"],
    ["MODULE_FLAGS", 4, 4, "MODULE_INIT_COMPRESSED_FILE"],
    ["RENAMEAT2_FLAGS", 2, 2, "RENAME_EXCHANGE"],
  ];
  for (const [set, abi, portable, name] of cases)
    it(`${set} ${abi} is ${name}`, () => {
      assert.equal(toPortable(set, abi), portable);
      assert.equal(flagNames(set, portable), name);
      assert.equal(toAbi(set, portable), abi);
      assert.equal(flagValue(set, name), portable);
    });

  const enums: [set: FlagSetName, abi: number, name: string][] = [
    ["PTRACE_REQUEST", 0, "PTRACE_TRACEME"],
    ["PTRACE_REQUEST", 16, "PTRACE_ATTACH"],
    ["PTRACE_REQUEST", 0x4206, "PTRACE_SEIZE"],
    ["PTRACE_REQUEST", 5, "PTRACE_POKEDATA"],
    ["FCNTL_CMD", 0, "F_DUPFD"],
    ["FCNTL_CMD", 1030, "F_DUPFD_CLOEXEC"],
    ["FCNTL_CMD", 37, "F_OFD_SETLK"],
    ["ADDR_FAMILY", 1, "AF_LOCAL|AF_UNIX"],
    ["ADDR_FAMILY", 17, "AF_PACKET"],
    ["BPF_CMD", 5, "BPF_PROG_LOAD"],
  ];
  for (const [set, abi, name] of enums)
    it(`${set} ${abi} is ${name}`, () => {
      assert.equal(enumNames(set, toPortable(set, abi)), name);
      assert.equal(toAbi(set, toPortable(set, abi)), abi);
    });

  it("an unknown request is UNKNOWN", () => {
    assert.equal(toPortable("PTRACE_REQUEST", 0x7777), 0);
    assert.equal(enumNames("PTRACE_REQUEST", 0), "PTRACE_UNKNOWN");
  });
  it("a mount's magic number is no flag", () => assert.equal(toPortable("MOUNT_FLAGS", 0xc0ed0020), 32));
  it("what only we know about a program is no flag of it", () =>
    assert.equal(toPortable("EXE_FLAGS", 16 | 2), 2));
  it("unknown bits are dropped and 0 has a name where the set gives one", () => {
    assert.equal(flagNames("UMOUNT_FLAGS", 0x1000 | 1), "FORCE");
    assert.equal(flagNames("UMOUNT_FLAGS", 0), "");
    assert.equal(flagNames("PROT", 0), "PROT_NONE");
    assert.equal(flagNames("PROT", 1), "PROT_READ");
    assert.equal(flagNames("MOUNT_FLAGS", 0x80000000), "NOUSER");
  });
  it("every translated value goes there and back, for all names of the set", () => {
    for (const set of [
      "CLONE_FLAGS",
      "RESOLVE",
      "PTRACE_REQUEST",
      "FCNTL_CMD",
      "DELETE_MODULE_FLAGS",
    ] as const)
      for (const [name, value] of flagSets[set]) {
        if (
          value === 0 ||
          ["CLONE_INVERTED", "NAME_CHANGED", "CLOSED", "CLONE_STOPPED", "CLONE_CHILD_IN_PIDNS"].includes(name)
        )
          continue;
        assert.equal(toPortable(set, toAbi(set, value)), value, name);
      }
  });
  it("names of another set are refused", () =>
    assert.equal(flagValue("OPEN_FLAGS", "O_RDONLY|MAP_FIXED"), undefined));
});

describe("errors and signals", () => {
  it("are named as this system names them", () => {
    for (const [name, number] of Object.entries(os.errno))
      if (name !== "EWOULDBLOCK" && name !== "EDEADLOCK" && name !== "ENOTSUP") {
        assert.equal(errorName(number), name);
        assert.equal(errorNumber(name), number);
      }
    for (const [name, number] of Object.entries(os.signals))
      if (!["SIGIOT", "SIGPOLL", "SIGUNUSED"].includes(name)) {
        assert.equal(signalName(number), name);
        assert.equal(signalNumber(name), number);
      }
  });
  it("are numbers where they have no name", () => {
    assert.equal(errorName(4000), "4000");
    assert.equal(errorName(41), "41");
    assert.equal(errorName(512), "ERESTARTSYS");
    assert.equal(signalName(0), undefined);
    assert.equal(errorNumber(""), undefined);
  });
});

describe("system call numbers", () => {
  const known: [Parameters<typeof syscallName>[0], number, string][] = [
    ["x86_64", 59, "execve"],
    ["x86_64", 257, "openat"],
    ["i386", 11, "execve"],
    ["i386", 102, "socketcall"],
    ["arm64", 221, "execve"],
    ["arm64", 56, "openat"],
    ["arm64", 25, "fcntl"],
    ["arm64", 435, "clone3"],
    ["arm64", 452, "fchmodat2"],
  ];
  for (const [architecture, number, name] of known)
    it(`${architecture} ${number} is ${name}`, () => assert.equal(syscallName(architecture, number), name));
  it("are unique", () => {
    for (const numbers of Object.values(syscallNumbers))
      assert.equal(new Set(numbers.values()).size, numbers.size);
    assert.equal(syscallName("arm64", 2), "io_submit");
    assert.equal(syscallName("arm64", 9999), undefined);
    assert.equal(syscallNumbers.arm64.get("open"), undefined);
  });
});

/** Paths as texts: joined and normalised without asking any file system. Byte strings. */

/** Whether the path is absolute and has neither empty parts nor `.` or `..`. */
function isNormal(path: string): boolean {
  if (path.length === 1) return true;
  if (path.charCodeAt(path.length - 1) === 47) return false;
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const next = path.charCodeAt(at + 1);
    if (next === 47) return false;
    if (next !== 46) continue;
    const after = path.charCodeAt(at + 2);
    if (Number.isNaN(after) || after === 47) return false;
    if (after === 46 && (at + 3 === path.length || path.charCodeAt(at + 3) === 47)) return false;
  }
  return true;
}

/** An absolute path without `.`, `..`, doubled and trailing slashes; `..` of the root is the root. */
export function normalise(path: string): string {
  if (isNormal(path)) return path;
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/**
 * `path` made absolute below the folder `base` and normalised. Without a base a relative path stays as it is: nobody
 * knows where it starts.
 */
export function absolutePath(base: string | undefined, path: string): string {
  if (path.startsWith("/")) return normalise(path);
  if (base === undefined || base === "") return path;
  return normalise(`${base}/${path}`);
}

/** `path` below `base` however it begins, and never above it (RESOLVE_IN_ROOT). */
export function pathBelow(base: string, path: string): string {
  const below = normalise(`/${path}`);
  if (base === "/") return below;
  return below === "/" ? normalise(base) : `${normalise(base)}${below}`;
}

/** The folder of a path: up to the last slash; `/` for the root's entries and for a name without a slash. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

/** What stands behind the last slash. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** pmatch: is one of many paths a component-wise prefix of another one (condition-language 4)? */
import type { ByteString } from "../catalogue.ts";
import { compileGlob, hasGlob } from "./glob.ts";

interface Node {
  /** A listed path ends here: whatever follows matches. */
  end: boolean;
  readonly literals: Map<ByteString, Node>;
  /** The same, up to `fewNames` of them. */
  readonly few: { readonly name: ByteString; readonly node: Node }[];
  readonly globs: {
    readonly pattern: ByteString;
    readonly test: (component: ByteString) => boolean;
    node: Node;
  }[];
}

const newNode = (): Node => ({ end: false, literals: new Map(), few: [], globs: [] });

/** A test whether some listed path is a prefix. Takes at most one look at each component of each listed path. */
export function compilePathPrefixes(paths: readonly ByteString[]): (path: ByteString) => boolean {
  const root = newNode();
  for (const path of paths) add(root, path);
  return (path) => descend(root, path, 0);
}

function add(root: Node, path: ByteString): void {
  let node = root;
  for (const component of path.split("/")) {
    if (component === "") continue;
    node = hasGlob(component) ? globChild(node, component) : literalChild(node, component);
  }
  node.end = true;
}

function literalChild(node: Node, component: ByteString): Node {
  let child = node.literals.get(component);
  if (child === undefined) {
    child = newNode();
    node.literals.set(component, child);
    if (node.few.length < fewNames) node.few.push({ name: component, node: child });
  }
  return child;
}

function globChild(node: Node, pattern: ByteString): Node {
  let child = node.globs.find((glob) => glob.pattern === pattern);
  if (child === undefined) {
    child = { pattern, test: compileGlob(pattern), node: newNode() };
    node.globs.push(child);
  }
  return child.node;
}

/** Deeper by one listed component each time; a constant of 255 bytes has at most 128. */
function descend(node: Node, path: ByteString, from: number): boolean {
  if (node.end) return true;
  let at = from;
  while (path.charCodeAt(at) === 47) at++;
  if (at >= path.length) return false;
  const slash = path.indexOf("/", at);
  const end = slash < 0 ? path.length : slash;
  const literal = findLiteral(node, path, at, end);
  if (literal !== undefined && descend(literal, path, end)) return true;
  if (node.globs.length === 0) return false;
  const component = path.slice(at, end);
  for (const glob of node.globs) if (glob.test(component) && descend(glob.node, path, end)) return true;
  return false;
}

/** Up to this many names are compared in place, so that most paths are tested without making a string. */
const fewNames = 8;

function findLiteral(node: Node, path: ByteString, at: number, end: number): Node | undefined {
  if (node.literals.size > fewNames) return node.literals.get(path.slice(at, end));
  for (const child of node.few)
    if (child.name.length === end - at && path.startsWith(child.name, at)) return child.node;
  return undefined;
}
